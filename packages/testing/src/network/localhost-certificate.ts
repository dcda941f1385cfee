// Made for tests, trusted by nobody: a certificate for localhost and 127.0.0.1 that lasts a hundred years, and its key.

/** In PEM. */
export const localhostCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUCXyr+NVBW9ou3+B5JbSEC9iArlYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTE4MTIxN1oYDzIxMjYxMTAx
MTgxMjE3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQis+/P6O24eVMpdIvrjV7jkfUKyjUf/up32uI00OI6b48ohcX6/7q/
aKqaUrh+DmjJhbcuipWayWFEJBmXRkRRo28wbTAdBgNVHQ4EFgQUoUhJ9py9UJEO
q0+DWLtsmXaI2E4wHwYDVR0jBBgwFoAUoUhJ9py9UJEOq0+DWLtsmXaI2E4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAIYJDh5SO/QZwyNJfMr8lRiwmgUBmae4epeGLGFBmRymAiBh
4cNJwxxgdaqvWoCqLnEKdXVM2w61ivDHl0hcBx7pOQ==
-----END CERTIFICATE-----
`;

/** In PEM. */
export const localhostKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoPLeTIU9NrN54Enr
WrX68FIG4VOa+R6ikWj5ZaA8mFShRANCAAQis+/P6O24eVMpdIvrjV7jkfUKyjUf
/up32uI00OI6b48ohcX6/7q/aKqaUrh+DmjJhbcuipWayWFEJBmXRkRR
-----END PRIVATE KEY-----
`;
