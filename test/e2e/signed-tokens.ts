import { SignJWT } from 'jose';

/** What the server of the tests is told, too. */
export const JWT_SECRET = 'a secret that both sides know, 32 bytes or more';

/** A token of alice's that JwtMiddleware takes, but for other claims or another secret. */
export function signToken(
  claims: Record<string, unknown> = {},
  secret = JWT_SECRET,
): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const valid = { sub: 'alice', iss: 'https://issuer.example.com', aud: 'iris', exp };
  return new SignJWT({ ...valid, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
}
