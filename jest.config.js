/** Unit tests run on the sources through ts-jest; tests of the CLI run the built program. */
const slow = process.env.FULL_TESTS === '1';
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  injectGlobals: false,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.json', diagnostics: false }],
  },
  roots: ['<rootDir>/tests'],
  testMatch: [slow ? '**/*.full.ts' : '**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  clearMocks: true,
  // One less than there are cores is Jest's own choice: on two cores one of them would idle.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
