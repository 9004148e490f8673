{{ operations_log('updates') }}
