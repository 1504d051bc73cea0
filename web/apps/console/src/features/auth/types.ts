export type ScopeKind = 'own' | 'store' | 'store_set' | 'region' | 'brand' | 'group';
export type Landing = 'director' | 'store_manager' | 'data_admin' | 'default';

/** The signed-in account: GET /api/me, and `me` of the log-in answer. */
export interface Me {
  user_id: number;
  username: string;
  name: string;
  roles: { code: string; name: string }[];
  permissions: string[];
  landing: Landing;
  must_change_password: boolean;
  /** Sent back as x-csrf-token with every write. */
  csrf: string;
  stores: { store_id: number; code: string; short_name: string }[];
  scope_kind: ScopeKind;
  /** e.g. 全集团, 天津大区, 津门一汽大众店. */
  scope_label: string;
  /** True when personal fields come masked. */
  masked: boolean;
  totp_enabled: boolean;
  lang: 'zh' | 'en';
}

/** POST /api/sessions. 401 codes: auth.wrong_password, auth.totp_needed, auth.totp_wrong; 429 auth.locked with Retry-After. */
export interface SignIn {
  username: string;
  password: string;
  totp?: string;
}

/** POST /api/me/totp: a new secret, active only after PUT /api/me/totp {code}. */
export interface TotpSecret {
  secret: string;
  otpauth_url: string;
}
