// docs/environments.md, from the comments of environment.ts and the data in environments/.
import { API, type Checker, type Project, type Type, TypeFlags } from 'typescript/unstable/sync';
import { environments } from '../environments/index.ts';
import type { Environment } from './environment.ts';
import { repository } from './repository.ts';

export const PAGE = 'docs/environments.md';

const SHAPE = 'cdk/environment.ts';

const INTRODUCTION = `# Environments

<!-- \`make generate\` writes this page from cdk/environment.ts and environments/: change those. -->

Everything that may differ between two deployments is data of one type, \`Environment\`, in \`environments/<name>.ts\`.
A value that is wrong or missing fails before anything is deployed, by its name. What is not here is the same
everywhere.

- \`make diff ENV=dev\` shows what a deployment would change, \`make deploy ENV=dev\` deploys, with the credentials of
  your shell. [From zero to prod](deploying.md) tells what an account needs before.
- \`make destroy ENV=dev\` asks once, then deletes the stacks of dev or test with all their data. It refuses prod.
- \`local\` is the emulator of \`make up\`. With \`MILKRUN_EMULATED=true\`, \`dev\`, \`test\` and \`prod\` are deployed to it:
  \`environments/emulated.ts\` says what it needs otherwise.
- \`MILKRUN_DISPATCH_DATA=terraform\` or \`cdk\` stands in for \`dispatchData\`.

A dash means absent.
`;

/** A field of the type, or a group of them. */
interface Field {
  readonly name: string;
  readonly meaning: string;
  /** Of a group: what is in it. */
  readonly fields: readonly Field[];
}

/** The fields of `Environment`, as the compiler sees them. */
function environmentFields(): Field[] {
  const api = new API({ cwd: repository('.') });
  try {
    const openProjects = [repository('tsconfig.json')];
    const [project] = api.updateSnapshot({ openProjects }).getProjects();
    return project === undefined ? [] : fieldsOf(environmentType(project), project.checker);
  } finally {
    api.close();
  }
}

function environmentType({ checker, program }: Project): Type {
  const shapes = program.getSourceFile(repository(SHAPE));
  const position = shapes?.text.indexOf('Environment {') ?? -1;
  const symbol = checker.getSymbolAtPosition(repository(SHAPE), position);
  if (symbol === undefined) {
    throw new Error(`${SHAPE} has no Environment`);
  }
  return checker.getDeclaredTypeOfSymbol(symbol);
}

function fieldsOf(type: Type, checker: Checker): Field[] {
  return checker.getPropertiesOfType(type).map((property) => {
    const declared = checker.getTypeOfSymbol(property);
    const value = declared && checker.getNonNullableType(declared);
    const isGroup =
      value !== undefined &&
      (value.flags & TypeFlags.Object) !== 0 &&
      !checker.isArrayLikeType(value);
    const comment =
      property.getDocumentationComment(checker) ||
      (isGroup ? value.getSymbol()?.getDocumentationComment(checker) : '');
    return {
      name: property.name,
      meaning: comment?.replaceAll(/\s+/g, ' ').trim() ?? '',
      fields: isGroup ? fieldsOf(value, checker) : [],
    };
  });
}

/** The page, a section for each group. */
export function environmentTable(): string {
  const fields = environmentFields();
  const alone = fields.filter((field) => field.fields.length === 0);
  const groups = fields.filter((field) => field.fields.length > 0);
  const sections = groups.map(
    (group) =>
      `## ${group.name}\n${group.meaning && `\n${group.meaning}\n`}\n${table(group.fields, [group.name])}`,
  );
  return [INTRODUCTION, table(alone, []), ...sections].join('\n');
}

function table(fields: readonly Field[], path: readonly string[]): string {
  const header = ['', ...environments.map(({ name }) => name), ''];
  const rows = [header, header.map(() => '---'), ...rowsOf(fields, path, path)];
  return `${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
}

function rowsOf(
  fields: readonly Field[],
  path: readonly string[],
  under: readonly string[],
): string[][] {
  return fields.flatMap((field) => {
    const here = [...path, field.name];
    const name = here.slice(under.length).join('.');
    return field.fields.length > 0
      ? rowsOf(field.fields, here, under)
      : [[`\`${name}\``, ...environments.map((each) => shown(each, here)), field.meaning]];
  });
}

function shown(environment: Environment, path: readonly string[]): string {
  const value = path.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown> | undefined)?.[name],
    environment,
  );
  const values = Array.isArray(value) ? value : [value ?? '–'];
  return values.length === 0 ? '–' : values.join(', ').replaceAll('|', '\\|');
}
