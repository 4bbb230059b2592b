import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A package that the registry offers. */
export interface OfferedPackage {
  readonly name: string;
  readonly version: string;
  /** Files beside package.json, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  /** Bytes are sent that do not fit the checksum. */
  readonly damaged?: true;
}

export interface PackageRegistry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

/** A registry of npm's kind on 127.0.0.1, for the real npm. */
export const openRegistry = async (packages: readonly OfferedPackage[]): Promise<PackageRegistry> => {
  const archives = new Map(packages.map((offered) => [offered.name, packed(offered)]));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const wanted = decodeURIComponent(request.url ?? '/').slice(1);
    asked.push(wanted);
    const archive = archives.get(wanted.replace(/\.tgz$/, ''));
    const offered = packages.find(({ name }) => name === wanted.replace(/\.tgz$/, ''));
    if (archive === undefined || offered === undefined) return response.writeHead(404).end('{}');
    if (wanted.endsWith('.tgz')) return response.end(offered.damaged ? archive.subarray(1) : archive);
    const { port } = server.address() as AddressInfo;
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(documentOf(offered, archive, `http://127.0.0.1:${port}/${wanted}.tgz`)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const manifestOf = ({ name, version, scripts }: OfferedPackage) => ({
  name,
  version,
  main: 'main.js',
  ...(scripts && { scripts }),
});

const documentOf = (offered: OfferedPackage, archive: Buffer, tarball: string) => ({
  name: offered.name,
  'dist-tags': { latest: offered.version },
  versions: {
    [offered.version]: {
      ...manifestOf(offered),
      ...(offered.scripts && { hasInstallScript: true }),
      dist: {
        tarball,
        unpackedSize: 2_500_000,
        integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
      },
    },
  },
});

const packed = (offered: OfferedPackage): Buffer => {
  const folder = mkdtempSync(path.join(tmpdir(), 'package-'));
  try {
    const files = { 'package.json': JSON.stringify(manifestOf(offered)), ...offered.files };
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, 'package', name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    execFileSync('tar', ['-czf', 'archive.tgz', 'package'], { cwd: folder });
    return readFileSync(path.join(folder, 'archive.tgz'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
