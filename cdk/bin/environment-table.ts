// What `make generate` runs for docs/environments.md.
import { writeFileSync } from 'node:fs';
import { environmentTable, PAGE } from '../environment-table.ts';
import { repository } from '../repository.ts';

writeFileSync(repository(PAGE), environmentTable());
