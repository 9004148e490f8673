// What `make terraform-plan` and `terraform-apply` hand to Terraform: those of an environment's data that
// infra/ needs, as a JSON file of variables. Takes the environment variables of milkrun.ts.
import { chosenEnvironment } from '../../environments/chosen.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { validateEnvironment } from '../environment-rules.ts';

try {
  const environment = chosenEnvironment(process.env);
  validateEnvironment(environment);
  const { name, account, region, retentionDays, protection, dispatchData, infra } = environment;
  process.stdout.write(
    `${JSON.stringify({
      environment: {
        name,
        account,
        region,
        dispatch_data: dispatchData,
        operations_log_days: retentionDays.operationsLog,
        deletion_protection: protection.deletionProtection,
        retain_data: protection.retainData,
        tls_only: protection.tlsOnly,
        create_oidc_provider: infra.createOidcProvider,
        access_logs_bucket: infra.accessLogsBucket,
      },
    })}\n`,
  );
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
