/**
 * Imports point downwards: dashboard, cli → runner → components → artifacts. Checked by `npm test`.
 */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: {
    path: '^(artifacts|components|runner|serving|dashboard|schemas|tests|bench|scripts|index\\.ts)',
    pathNot: allowed,
  },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    layer('artifacts-know-nothing-above', '^artifacts/', '^artifacts/'),
    layer('components-know-artifacts-only', '^components/', '^(artifacts|components)/'),
    layer('runner-knows-components-and-artifacts', '^runner/', '^(artifacts|components|runner)/'),
    layer('source-stands-alone', '^runner/source/', '^runner/source/'),
    layer(
      'config-reads-into-source',
      '^runner/config/',
      '^(runner/(config|source)/|components/(params|suggestion)\\.ts|artifacts/portable-path\\.ts)',
    ),
    layer('graph-below-plan', '^runner/graph/', '^(artifacts/|components/|runner/(graph|config|source)/)'),
    layer('plan-below-execution', '^runner/plan/', '^(artifacts/|components/|runner/(plan|graph|config|source)/)'),
    layer(
      'execution-below-reporting',
      '^runner/execution/',
      '^(artifacts/|components/|runner/(execution|plan|graph|config|source)/)',
    ),
    layer(
      'reporting-below-cli',
      '^runner/reporting/',
      '^(artifacts/|components/|runner/(reporting|execution|plan|graph|config|source)/)',
    ),
    {
      name: 'text-below-reporting',
      severity: 'error',
      from: { path: '^runner/reporting/text/' },
      to: { path: '^runner/', pathNot: '^runner/(reporting/text|source)/' },
    },
    {
      name: 'drawing-knows-text-only',
      severity: 'error',
      from: { path: '^runner/reporting/drawing/' },
      to: { path: '^runner/reporting/', pathNot: '^runner/reporting/(drawing|text)/' },
    },
    layer(
      'telemetry-below-cli',
      '^runner/telemetry/',
      '^(artifacts/|components/|runner/(telemetry|reporting|execution|plan|graph|config|source)/)',
    ),
    layer(
      'history-below-cli',
      '^runner/history/',
      '^(artifacts/|components/|runner/(history|reporting|plan|graph|config|source)/)',
    ),
    layer(
      'language-beside-cli',
      '^runner/language/',
      '^(artifacts/|components/|runner/(language|reporting|graph|config|source)/)',
    ),
    layer(
      'library-beside-cli',
      '^(runner/library/|index\\.ts)',
      '^(artifacts/|components/|runner/(library|reporting|execution|plan|graph|config|source)/)',
    ),
    {
      name: 'components-do-not-know-each-other',
      severity: 'error',
      from: { path: '^components/([a-z-]+)/' },
      to: { path: '^components/([a-z-]+)/', pathNot: '^components/(formats|tensorflow|$1)/' },
    },
    {
      name: 'formats-stand-below-tensorflow',
      severity: 'error',
      from: { path: '^components/formats/' },
      to: { path: '^components/[a-z-]+/', pathNot: '^components/formats/' },
    },
    {
      name: 'specs-load-nothing-heavy',
      severity: 'error',
      from: { path: '^components/[a-z-]+/spec\\.ts$' },
      to: { path: '(executor\\.ts$|^components/(tensorflow|formats)/|@tensorflow)' },
    },
    {
      name: 'only-config-parses-yaml',
      severity: 'error',
      from: { pathNot: '^(runner/config/|tests/|scripts/)' },
      to: { path: 'node_modules/yaml/' },
    },
    {
      name: 'only-graph-uses-graphlib',
      severity: 'error',
      from: { pathNot: '^runner/graph/' },
      to: { path: 'node_modules/@dagrejs/' },
    },
    {
      name: 'only-conditions-use-cel',
      severity: 'error',
      from: { pathNot: '^(runner/graph/condition|runner/history/run-filter)\\.ts$' },
      to: { path: 'node_modules/@marcbachmann/' },
    },
    {
      name: 'only-language-speaks-to-editors',
      severity: 'error',
      from: { pathNot: '^(runner/language/|tests/|bench/)' },
      to: { path: 'node_modules/vscode-' },
    },
    {
      name: 'only-execution-uses-p-queue',
      severity: 'error',
      from: { pathNot: '^runner/execution/' },
      to: { path: 'node_modules/p-queue/' },
    },
    {
      name: 'only-remote-speaks-to-buckets',
      severity: 'error',
      from: { pathNot: '^artifacts/remote/' },
      to: { path: 'node_modules/aws4fetch/' },
    },
    {
      name: 'only-metadata-uses-sqlite',
      severity: 'error',
      from: { pathNot: '^(artifacts/metadata/|tests/)' },
      to: { path: 'node_modules/libsql/' },
    },
    { name: 'nothing-imports-tests', severity: 'error', from: { pathNot: '^(tests|bench)/' }, to: { path: '^tests/' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|pipelines/data)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
