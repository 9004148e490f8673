import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { parse } from 'yaml';
import { gatewayProblems, problemHeaders, problemTemplate } from './problem-responses.ts';

/** The longest that a gateway waits for a function, unless AWS raises an account's quota. */
export const LONGEST_WAIT = Duration.seconds(29);

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
}

interface Response {
  readonly description: string;
}

/** A reference to a parameter or a response that several operations share. */
interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly operationId: string;
  readonly 'x-milkrun-function': string;
  readonly security: readonly object[];
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

export interface ApiSpecification {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: object;
    readonly parameters?: Readonly<Record<string, Parameter>>;
    readonly responses?: Readonly<Record<string, Response>>;
  };
}

export function readSpecification(path: string): ApiSpecification {
  return parse(readFileSync(path, 'utf8'));
}

/** The names of the functions that a specification's operations name. */
export function functionsOf(specification: ApiSpecification): Set<string> {
  const operations = Object.values(specification.paths).flatMap((path) => Object.values(path));
  return new Set(operations.map((operation) => operation['x-milkrun-function']));
}

/**
 * The part of a specification that the gateway acts on: routes, keys, parameters, and for each
 * operation the function behind it. Request bodies, schemas and examples stay in the documents: the
 * gateway passes every body on, functions validate and tests check answers, and the gateway's import
 * knows only some of OpenAPI's vocabulary.
 */
export function gatewayDefinition(
  specification: ApiSpecification,
  integrationUri: (functionName: string) => string,
) {
  const { parameters, responses, securitySchemes } = specification.components;
  return {
    openapi: specification.openapi,
    info: { title: specification.info.title, version: specification.info.version },
    paths: mapValues(specification.paths, (path) =>
      mapValues(path, (operation) => ({
        operationId: operation.operationId,
        security: operation.security,
        parameters: (operation.parameters ?? [])
          .map((parameter) => resolved('parameters', parameters, parameter))
          .map(({ name, in: place, required }) => ({
            name,
            in: place,
            required: required ?? false,
            schema: { type: 'string' },
          })),
        responses: mapValues(operation.responses, (response) => ({
          description: resolved('responses', responses, response).description,
        })),
        'x-amazon-apigateway-integration': {
          type: 'aws_proxy',
          httpMethod: 'POST',
          uri: integrationUri(operation['x-milkrun-function']),
          timeoutInMillis: LONGEST_WAIT.toMilliseconds(),
        },
      })),
    ),
    components: { securitySchemes },
  };
}

/** The gateway's own answers, in the form that its definition carries them. */
export function gatewayResponses() {
  return Object.fromEntries(
    gatewayProblems.map((problem) => [
      problem.responseType,
      {
        statusCode: problem.status?.toString(),
        responseParameters: problemHeaders,
        responseTemplates: { 'application/json': problemTemplate(problem) },
      },
    ]),
  );
}

/** The component that is referred to, or the thing itself. */
function resolved<T extends object>(
  kind: string,
  components: Readonly<Record<string, T>> | undefined,
  thing: T | Reference,
): T {
  if (!('$ref' in thing)) {
    return thing;
  }
  const component = components?.[thing.$ref.replace(`#/components/${kind}/`, '')];
  if (!component) {
    throw new Error(`${thing.$ref} is none of the specification's ${kind}`);
  }
  return component;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
