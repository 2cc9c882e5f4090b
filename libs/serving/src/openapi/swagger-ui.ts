import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A file of Swagger UI as it is served. */
export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
  readonly etag: string;
}

const SCRIPT = 'text/javascript; charset=utf-8';

/** The files that the page needs, and no others of the package's 12 MB. */
export const ASSET_TYPES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': SCRIPT,
  'favicon-32x32.png': 'image/png',
  'init.js': SCRIPT,
} as const;

export type AssetName = keyof typeof ASSET_TYPES;

/** No inline script, so that a strict Content-Security-Policy can stand; no validator of others. */
const INIT = `const page = document.getElementById('swagger-ui');
SwaggerUIBundle({
  url: new URL(page.dataset.document, location.href).href,
  domNode: page,
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** Swagger UI writes style attributes and has its icons as data: nothing comes from elsewhere. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Reads a file of the swagger-ui-dist that @nestjs/swagger brings. */
export async function readAsset(name: AssetName): Promise<Asset> {
  const body = name === 'init.js' ? Buffer.from(INIT) : await readFile(join(findFolder(), name));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { contentType: ASSET_TYPES[name], body, etag };
}

function findFolder(): string {
  const { resolve } = createRequire(import.meta.resolve('@nestjs/swagger'));
  return join(resolve('swagger-ui-dist/package.json'), '..');
}

interface Page {
  readonly title: string;
  /** Links, relative to the page. */
  readonly document: string;
  readonly assets: string;
}

/** The page that shows a document. */
export function renderPage({ title, document, assets }: Page): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escape(title)}</title>
    <link rel="stylesheet" href="${escape(assets)}/swagger-ui.css">
    <link rel="icon" type="image/png" href="${escape(assets)}/favicon-32x32.png">
  </head>
  <body style="margin: 0">
    <div id="swagger-ui" data-document="${escape(document)}"></div>
    <script src="${escape(assets)}/swagger-ui-bundle.js"></script>
    <script src="${escape(assets)}/init.js"></script>
  </body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}
