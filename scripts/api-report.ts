/**
 * What the package offers to programs, as text: every exported name with its signature, out of the built declarations.
 * A change of it shows in review as a change of docs/api-report.md.
 */
import { relative } from 'node:path';
import ts from 'typescript';

/** Signature of a declaration, without comments and bodies. */
function signature(declaration: ts.Declaration, printer: ts.Printer): string {
  // The statement around a variable says `const`.
  const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return printer
    .printNode(ts.EmitHint.Unspecified, whole, whole.getSourceFile())
    .replace(/^export (declare )?/u, '')
    .replace(/\n\s*#private;/u, '');
}

/** Types of this package that a declaration speaks of. */
function mentioned(declaration: ts.Declaration, checker: ts.TypeChecker, folder: string): readonly ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      const real = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const [first] = real?.declarations ?? [];
      const named =
        first && (ts.isInterfaceDeclaration(first) || ts.isTypeAliasDeclaration(first) || ts.isClassDeclaration(first));
      if (real && named && first.getSourceFile().fileName.startsWith(folder)) found.push(real);
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

/**
 * The report as Markdown.
 *
 * @param entry - declaration file of the package, such as `dist/index.d.ts`
 * @param folder - absolute folder of the package's declarations, with a slash at its end
 */
export function apiReport(entry: string, folder: string): string {
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const printer = ts.createPrinter({ removeComments: true });
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} is no module: build first`);

  const section = (name: string, symbol: ts.Symbol): string => {
    const [first] = symbol.declarations ?? [];
    if (first === undefined) throw new Error(`${name} is declared nowhere`);
    const doc = ts.displayPartsToString(symbol.getDocumentationComment(checker)).split('\n\n')[0] ?? '';
    const from = relative(folder, first.getSourceFile().fileName).replace(/\.d\.ts$/u, '.ts');
    const text = (symbol.declarations ?? []).map((each) => signature(each, printer)).join('\n');
    return `### ${name}\n\n${doc.replaceAll('\n', ' ')} (\`${from}\`)\n\n\`\`\`ts\n${text}\n\`\`\`\n`;
  };

  const exported = new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return [symbol.name, real] as const;
    }),
  );
  const seen = new Set(exported.values());
  const others = new Map<string, ts.Symbol>();
  const queue = [...seen];
  for (let symbol = queue.shift(); symbol !== undefined; symbol = queue.shift()) {
    for (const declaration of symbol.declarations ?? []) {
      for (const other of mentioned(declaration, checker, folder)) {
        if (seen.has(other)) continue;
        seen.add(other);
        others.set(other.name, other);
        queue.push(other);
      }
    }
  }
  const list = (symbols: ReadonlyMap<string, ts.Symbol>): readonly string[] =>
    [...symbols].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, symbol]) => section(name, symbol));
  return [
    '# API report\n',
    "What `import … from 'tfjs-pipelines'` offers. Written by `npm run api`; a test checks that it is current.\n",
    '## Exported\n',
    ...list(exported),
    ...(others.size === 0 ? [] : ['## Spoken of, not exported\n', ...list(others)]),
  ].join('\n');
}
