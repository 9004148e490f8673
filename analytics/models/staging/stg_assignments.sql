{{ operations_log('assignments', [
    ('weight_kg', 'double'), ('volume_m3', 'double'), ('distance_km', 'double'), ('region', 'varchar')
]) }}
