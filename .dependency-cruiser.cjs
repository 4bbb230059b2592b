/**
 * Who may import whom: the rules of ARCHITECTURE.md, one entry each.
 * test/unit/tools/dependency-rules.test.ts plants every offence once and sees it caught.
 */

const vscode = '^vscode$|^(vscode|@types/vscode)(/|$)|(^|/)node_modules/@types/vscode/';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)|^(${names.join('|')})(/|$)`;

/** The libraries that only one part of the tree may touch, and that part. */
const doorways = [
  { library: 'express', path: npm('express', '@types/express'), only: '^sidecar/(http|serving)/' },
  { library: 'sqlite', path: npm('better-sqlite3', '@types/better-sqlite3'), only: '^sidecar/store/' },
  { library: 'git', path: npm('simple-git'), only: '^sidecar/workspace/' },
  { library: 'blake-hash', path: npm('@napi-rs/blake-hash[^/]*'), only: '^sidecar/versions/store/' },
  { library: 'file-watching', path: npm('chokidar'), only: '^sidecar/workspace/' },
  // A configuration is read in workspace and language; DVC's files are YAML too, and are read where their meaning is.
  { library: 'yaml', path: npm('yaml'), only: '^sidecar/(workspace|language)/|^sidecar/versions/dvc/yaml\\.ts$' },
  {
    library: 'onnxruntime',
    path: npm('onnxruntime-(node|common)'),
    only: '^sidecar/(engines/|serving/inference[^/]*\\.ts$)',
  },
  { library: 'tensorflow', path: npm('@tensorflow'), only: '^sidecar/(engines/|serving/inference[^/]*\\.ts$)' },
  { library: 's3-signing', path: npm('aws4fetch'), only: '^sidecar/versions/remotes/s3/' },
  { library: 'ssh', path: npm('ssh2', '@types/ssh2'), only: '^sidecar/versions/remotes/sftp/' },
  { library: 'ini', path: npm('ini', '@types/ini'), only: '^sidecar/versions/remotes/config/' },
  { library: 'toolkit', path: npm('@vscode/webview-ui-toolkit', '@microsoft'), only: '^webview/shared/controls\\.ts$' },
  { library: 'ignore', path: npm('ignore'), only: '^sidecar/versions/working/' },
  { library: 'vscode', path: vscode, only: '^extension/' },
];

const product = '^(sidecar|extension|webview)/';
/** Started as a process or loaded by the editor or a page: nothing imports them. */
const doors =
  '^(sidecar/(main|cli|worker)\\.ts|sidecar/serving/inference-worker\\.ts|sidecar/datasets/((batch|decode)-worker|difference/look-worker)\\.ts|sidecar/versions/working/data-worker\\.ts|extension/extension\\.ts|webview/[^/]+/main\\.ts)$';
/** The parts that stages are made from; they stand side by side below the pipeline. */
const parts = 'engines|fetch|graph|datasets|versions|serving|statistics|tracking|compute|store|workspace';

const layer = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: typeof from === 'string' ? { path: from } : from,
  to: typeof to === 'string' ? { path: to } : to,
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('no-cycles', 'A cycle, also one of types alone, cannot be read from the top.', {}, { circular: true }),
    layer('no-barrels', 'pipeline/index.ts is the only index.ts.', product, {
      path: '(^|/)index\\.(ts|js)$',
      pathNot: '^sidecar/pipeline/index\\.ts$|node_modules',
    }),
    layer('resolvable', 'An import that leads nowhere.', product, { couldNotResolve: true, pathNot: vscode }),
    layer('doors-are-not-imported', 'A door is where a process or a page begins.', product, doors),
    layer('product-needs-no-tests', 'What ships must not need tests or tools.', product, '^(test|tools)/'),

    layer('contract-is-zod-only', 'The face of the sidecar is zod and nothing else.', '^sidecar/contract/', {
      pathNot: `^sidecar/contract/|${npm('zod')}`,
    }),
    layer('page-contract-is-contracts-only', 'The face of the pages is zod and the contracts.', '^webview/contract/', {
      pathNot: `^(webview|sidecar)/contract/|${npm('zod')}`,
    }),
    layer('client-is-light', 'The client travels into every process that calls a sidecar.', '^sidecar/client/', {
      // Names of faults, of files in .trainyard and of the environment a child gets: values without a library.
      pathNot: '^sidecar/(client|contract)/|^sidecar/(faults|workspace/layout|work/child-environment)\\.ts$',
      dependencyTypesNot: ['core'],
    }),
    layer('client-needs-no-library', 'Native modules must stay out of the extension host.', '^sidecar/client/', {
      path: 'node_modules/',
      pathNot: npm('zod'),
      reachable: true,
    }),

    layer(
      'sidecar-knows-no-editor',
      'The sidecar serves editors and shells alike.',
      '^sidecar/',
      '^(extension|webview)/',
    ),
    layer(
      'extension-sees-the-face-only',
      'Of the sidecar the extension knows the contract and the client.',
      '^extension/',
      {
        path: '^sidecar/',
        pathNot: '^sidecar/(contract|client|language)/',
      },
    ),
    layer('extension-sees-page-contract-only', 'Of the pages the extension knows their contract.', '^extension/', {
      path: '^webview/',
      pathNot: '^webview/contract/',
    }),
    layer(
      'language-knows-no-editor',
      'sidecar/language is text in, data out, by no way through vscode.',
      '^sidecar/language/',
      {
        path: vscode,
        reachable: true,
      },
    ),
    layer(
      'pages-take-types-only',
      'A page bundles no schema.',
      { path: '^webview/', pathNot: '^webview/contract/' },
      {
        path: '^(webview|sidecar)/contract/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    layer(
      'pages-see-contracts-only',
      'A page knows nothing behind the messages.',
      { path: '^webview/', pathNot: '^webview/contract/' },
      {
        path: '^(extension|sidecar)/',
        pathNot: '^sidecar/contract/',
      },
    ),
    layer('pages-have-no-node', 'A page runs in a browser.', '^webview/', { dependencyTypes: ['core'] }),

    layer('stages-are-apart', 'What stages share is a noun in the contract.', '^sidecar/pipeline/([1-8]-[^/]+)/', {
      path: '^sidecar/pipeline/[1-8]-',
      pathNot: '^sidecar/pipeline/$1/',
    }),
    layer('mathematics-is-pure', 'statistics/ and graph/ import nothing of ours.', '^sidecar/(statistics|graph)/', {
      path: product,
      pathNot: '^sidecar/$1/',
    }),
    layer('parts-look-down', 'What stages are made from knows no stage, run, route or door.', `^sidecar/(${parts})/`, {
      path: '^sidecar/(pipeline|runs|http|client|api\\.ts|work/)',
      // The shape of heavy work is the port that the parts are called through.
      pathNot: '^sidecar/pipeline/job\\.ts$',
    }),
    layer(
      'pipeline-looks-down',
      'Stages know no run, route or door.',
      '^sidecar/pipeline/',
      '^sidecar/(runs|http|client)/|^sidecar/api\\.ts$',
    ),
    layer('runs-look-down', 'Runs know no route.', '^sidecar/runs/', '^sidecar/(http|client)/|^sidecar/api\\.ts$'),

    ...doorways.map(({ library, path, only }) =>
      layer(
        `doorway-${library}`,
        `This library has one doorway: ${only}`,
        { pathNot: `${only}|^(test|tools)/|node_modules` },
        path,
      ),
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(build|dist|coverage|\\.cache)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
