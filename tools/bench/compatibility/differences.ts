/** Tests that pass directly and are known not to pass through the local process, and why. docs/redis.md says the same. */
export const differences: readonly { readonly test: RegExp; readonly because: string }[] = [
  {
    test: /::test_client_(kill|list_client_id|list_multiple|pause|unpause|unblock|no_evict|no_touch)/,
    because: 'CLIENT reaches the client that says it and no other: connections to the server are shared',
  },
  {
    test: /::test_client_tracking$/,
    because: 'REDIRECT names a connection of the server, which nobody here has',
  },
  { test: /::test_replicaof/, because: 'it would harm every other client' },
  {
    test: /test_connection_pool\.py::TestConnection::test_(busy_loading|read_only|oom|connect_)/,
    because: 'it makes the server answer with errors by DEBUG, which is refused',
  },
  {
    test: /::test_connection_error_raised_when_connection_dies$/,
    because: 'it kills its connection by the list of all clients',
  },
];
