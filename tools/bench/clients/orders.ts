export interface IdleSettings {
  readonly port: number;
  readonly connections: number;
}
