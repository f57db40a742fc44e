-- SPDX-License-Identifier: Apache-2.0
-- comparison: a row for each pair of runs.  Equal have to be the lookups and hits of the TLBs and of every walk cache,
-- and the reads of tables; the rest of the reads is of configuration structures and, nested, of the CD's address.
-- adds_up: latency is 1 ns for each lookup that is made in turn and 100 ns for each read, in both.
CREATE TEMP TABLE pair (smmu TEXT, vtd TEXT);
INSERT INTO pair VALUES ('smmu.tcu.tlb', 'vtd.iotlb'), ('smmu.tcu.wc_s1l0', 'vtd.fwc4'), ('smmu.tcu.wc_s1l1', 'vtd.fwc3'),
    ('smmu.tcu.wc_s1l2', 'vtd.fwc2'), ('smmu.tcu.wc_s2l0', 'vtd.wc4'), ('smmu.tcu.wc_s2l1', 'vtd.wc3'),
    ('smmu.tcu.wc_s2l2', 'vtd.wc2');
CREATE TEMP VIEW c AS
SELECT r.label AS name, r.arch AS arch, c.component AS component, c.name AS what, c.value AS value
FROM counter c JOIN run r ON r.id = c.run_id;
CREATE TEMP VIEW side AS
SELECT name, arch,
       sum(value) FILTER (WHERE (component, what) = ('smmu', 'tlb_miss') OR (component, what) = ('vtd.iotlb', 'lookups'))
           - coalesce(sum(value) FILTER (WHERE (component, what) = ('vtd.iotlb', 'hits')), 0) AS misses,
       sum(value) FILTER (WHERE component IN ('smmu', 'vtd') AND what IN ('trans_table_walk_access', 'first_reads', 'table_reads'))
           AS tables,
       sum(value) FILTER (WHERE component IN ('smmu', 'vtd') AND
           what IN ('config_struct_access', 'root_reads', 'context_reads', 'directory_reads', 'pasid_reads')) AS config,
       sum(value) FILTER (WHERE what = 'lookups' AND component IN ('smmu.tcu.tlb', 'smmu.tcu.cfg', 'smmu.tcu.ipa', 'vtd.iotlb',
           'vtd.cc', 'vtd.pc', 'vtd.gpa')) AS lookups,
       sum(value) FILTER (WHERE component IN ('smmu.timing', 'vtd.timing') AND what = 'latency_ps') AS latency_ps,
       sum(value) FILTER (WHERE component IN ('smmu.timing', 'vtd.timing') AND what = 'requests') AS requests
FROM c GROUP BY name, arch;
CREATE TEMP VIEW differs AS
SELECT s.name AS name, count(*) AS n
FROM c s JOIN pair p ON p.smmu = s.component
JOIN c v ON v.name = s.name AND v.arch = 'vtd' AND v.component = p.vtd AND v.what = s.what
WHERE s.arch = 'smmuv3' AND s.what IN ('lookups', 'hits') AND s.value != v.value GROUP BY s.name;

DROP TABLE IF EXISTS comparison;
CREATE TABLE comparison AS
SELECT s.name AS name, s.misses AS smmu_misses, v.misses AS vtd_misses, s.tables AS smmu_tables, v.tables AS vtd_tables,
       s.config AS smmu_config, v.config AS vtd_config,
       round(s.latency_ps / 1e3 / s.requests, 2) AS smmu_ns, round(v.latency_ps / 1e3 / v.requests, 2) AS vtd_ns,
       CASE WHEN d.n IS NULL AND s.tables = v.tables THEN 'yes' ELSE 'no' END AS equal,
       CASE WHEN s.latency_ps = 1000 * s.lookups + 100000 * (s.tables + s.config)
             AND v.latency_ps = 1000 * v.lookups + 100000 * (v.tables + v.config) THEN 'yes' ELSE 'no' END AS adds_up
FROM side s JOIN side v ON v.name = s.name AND v.arch = 'vtd' LEFT JOIN differs d ON d.name = s.name
WHERE s.arch = 'smmuv3' ORDER BY (SELECT min(id) FROM run r WHERE r.label = s.name);

-- For the picture: misses and nanoseconds a request, of both.
DROP TABLE IF EXISTS bar;
CREATE TABLE bar AS
SELECT s.name, 1e3 * s.misses / s.requests, 1e3 * v.misses / v.requests,
       s.lookups * 1.0 / s.requests, s.config * 100.0 / s.requests, s.tables * 100.0 / s.requests,
       v.lookups * 1.0 / v.requests, v.config * 100.0 / v.requests, v.tables * 100.0 / v.requests
FROM side s JOIN side v ON v.name = s.name AND v.arch = 'vtd' WHERE s.arch = 'smmuv3'
ORDER BY (SELECT min(id) FROM run r WHERE r.label = s.name);
