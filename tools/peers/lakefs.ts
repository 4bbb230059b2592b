import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { buildOnce } from './go-program.ts';

/** The newest that was found at a module proxy; of ten later ones that were asked for, none was there. */
const version = 'v0.113.0';
const module = `github.com/treeverse/lakefs@${version}`;
const generator = 'github.com/deepmap/oapi-codegen/cmd/oapi-codegen@v1.5.6';

/** What the source lacks, since its authors generate it: the interfaces of its API, by the commands that it names. */
const generated = [
  {
    folder: 'pkg/api/apigen',
    args: '-package apigen -generate types,client,chi-server,spec -templates ../tmpl -o lakefs.gen.go ../../../api/swagger.yml',
  },
  { folder: 'pkg/auth', args: '-package auth -generate types,client -o client.gen.go ../../api/authorization.yml' },
];

/** lakeFS, data with branches behind an S3 gateway; without its pages. */
export const buildLakefs = () =>
  buildOnce({
    name: 'lakefs',
    version,
    build: async (program) => {
      const work = await mkdtemp(join(tmpdir(), 'lakefs-'));
      try {
        await buildIn(work, program);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  });

const buildIn = async (work: string, program: string): Promise<void> => {
  const env = { ...process.env, GOBIN: work, GOFLAGS: '-mod=mod' };
  const go = (cwd: string, ...args: readonly string[]) => runCommand({ program: 'go', args, cwd, env });
  const source = join(work, 'source');
  const downloaded = JSON.parse(await go(work, 'mod', 'download', '-json', module)) as { readonly Dir: string };
  // Modules lie read-only in Go's cache.
  await cp(downloaded.Dir, source, { recursive: true });
  await runCommand({ program: 'chmod', args: ['-R', 'u+w', source] });
  await go(work, 'install', generator);
  for (const { folder, args } of generated)
    await runCommand({ program: join(work, 'oapi-codegen'), args: args.split(' '), cwd: join(source, folder) });
  await mkdir(join(source, 'webui/dist'), { recursive: true });
  await writeFile(join(source, 'webui/dist/index.html'), '');
  await go(source, 'build', '-o', program, './cmd/lakefs');
};
