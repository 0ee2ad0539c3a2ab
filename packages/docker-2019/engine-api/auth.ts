/** Who one is to a registry. */

/**
 * POST /auth, and in base64url the header `X-Registry-Auth` of pull and push. Empty when one is nobody.
 */
export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly serveraddress?: string;
  /** In place of name and password. */
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** What POST /auth answers. */
export interface AuthResponse {
  readonly IdentityToken: string;
  readonly Status: string;
}
