// Plain JavaScript, since it must also run on a Node that cannot read TypeScript.
// better-sqlite3 ends a process by SIGSEGV, without a message, where Node-API is older than 10: this says it in words.
if (Number(process.versions.napi) < 10) {
  process.stderr.write(
    `Trainyard needs Node 22.15 or later; this is ${process.version}.\n` +
      'Node 24 is brought by npm: run `npm ci --ignore-scripts && npm rebuild node` once, then `npm test`.\n',
  );
  process.exitCode = 1;
}
