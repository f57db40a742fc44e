-- SPDX-License-Identifier: Apache-2.0
--
-- d is a sweep's database: a row a run, with its coordinates and what is asked of it.
CREATE TEMP VIEW x AS
WITH p AS (
    SELECT run_id,
           max(CASE WHEN axis LIKE 'workload%.pages' THEN value END) AS pages,
           max(CASE WHEN axis LIKE 'workload%.page' THEN value END) AS page,
           max(CASE WHEN axis LIKE 'workload%.write' THEN value END) AS write,
           max(CASE WHEN axis LIKE 'workload%.len' THEN value END) AS len,
           max(CASE WHEN axis = 'config' THEN replace(value, '.yaml', '') END) AS machine,
           max(CASE WHEN axis IN ('vtd.timing.off', 'smmu.timing.off') THEN value END) AS off,
           max(CASE WHEN axis = 'workload.burst' THEN value END) AS burst,
           max(CASE WHEN axis = 'smmu.tbu.channel.hit_under_miss' THEN value END) AS under,
           max(CASE WHEN axis = 'mem.tables' THEN value END) AS tables,
           max(CASE WHEN axis = 'mem.dram_ps' THEN value END) AS dram_ps,
           max(CASE WHEN axis = 'vtd.iotlb.policy' THEN value END) AS policy,
           max(CASE WHEN axis = 'vtd.iotlb.ways' THEN value END) AS ways,
           max(CASE WHEN axis = 'vtd.walk.n' THEN value END) AS walkers,
           max(CASE WHEN axis = 'dev.order' THEN value END) AS ord,
           max(CASE WHEN axis = 'replay.depth' THEN value END) AS depth
    FROM d.point GROUP BY run_id
), c AS (
    SELECT run_id,
           max(CASE WHEN component = 'run' AND name = 'measured_ps' THEN value END) AS measured_ps,
           max(CASE WHEN component = 'vtd.iotlb' AND name = 'lookups' THEN value END) AS lookups,
           max(CASE WHEN component = 'vtd.iotlb' AND name = 'hits' THEN value END) AS hits,
           max(CASE WHEN component = 'smmu.tbu.channel' AND name = 'shut' THEN value END) AS shut,
           max(CASE WHEN component = 'replay' AND name = 'packets' THEN value END) AS packets,
           max(CASE WHEN component = 'replay' AND name = 'packets_dropped' THEN value END) AS dropped,
           max(CASE WHEN component = 'replay' AND name = 'packets_missed' THEN value END) AS missed
    FROM d.counter GROUP BY run_id
), l AS (
    SELECT run_id, sum(sum_ps) AS ps, sum(CASE WHEN cause = 'lookup' THEN count END) AS n,
           sum(CASE WHEN cause = 'table-read' THEN sum_ps ELSE 0 END) AS table_ps
    FROM d.latency_class GROUP BY run_id
)
SELECT r.id AS run, r.label, p.*, c.*, l.n, l.ps, l.table_ps,
       l.ps / 1e3 / l.n AS mean,                            -- ns
       l.n * 1e6 / c.measured_ps AS rate,                   -- millions a second
       1 - 1.0 * c.hits / c.lookups AS miss
FROM d.run r JOIN p ON p.run_id = r.id JOIN c ON c.run_id = r.id JOIN l ON l.run_id = r.id
WHERE r.status = 'done';

-- The middle of all latencies of a run, in ns.
CREATE TEMP VIEW median AS
SELECT run_id AS run, min(CASE WHEN 2 * upto >= n THEN (lo + hi) / 2e3 END) AS ns
FROM (SELECT run_id, lo, hi, sum(count) OVER (PARTITION BY run_id ORDER BY lo) AS upto,
             sum(count) OVER (PARTITION BY run_id) AS n
      FROM d.histogram WHERE component = 'latency' AND unit = 'ps')
GROUP BY run_id;
