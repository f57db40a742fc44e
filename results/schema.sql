-- SPDX-License-Identifier: Apache-2.0
--
-- The results database of iommusim.  A contract for users' own queries: tables and columns are only
-- ever added, and PRAGMA user_version counts the additions: 2 added table distribution, views
-- latency_all and cause, 3 the tables cosim_*.  This script also brings an older database up to date.
-- docs/results.md has examples.
--
-- Times are integers of picoseconds (_ps).  Addresses are 64 bits in two's complement:
-- printf('0x%x', iova).  `stream` is the StreamID (SMMUv3) or the source-id (VT-d).
--
-- Conventions on names, on which the views and plots below and in results/plots rest:
--   counter    <structure> lookups, hits       -> view hit_rate
--              <structure> storage_bits        -> view storage
--              standard    <name in perf>      -> view standard: PMCG and VT-d perfmon names
--              run         faults, stale, mismatches   totals, however many rows the tables hold
--              run         measured_ps         from the end of the warm-up to the end
--              trace       reuse_cold          first uses, which have no reuse distance
--   histogram  latency     <stream>/<class>    unit ps -> view latency; of up to 64 streams
--              latency_all <class>             unit ps -> view latency_all: over all streams, and
--                                              class all; made when a run's rows are written
--              <structure> occupancy           unit ps: lo = hi = slots or places in use, count =
--                                              picoseconds for which that many were
--              smmu, vtd   walk_reads          unit reads: table reads of each walk
--              trace       reuse_distance      distinct pages touched since the page's last use
--   interval   <structure> lookups, misses     within the interval that starts at t_ps
--              <structure> busy_ps             integral of its slots in use over the interval
--              run         requests, latency_ps   of those whose first came in it, and their latencies
--   param      run.time    'trace', 'simulated', or 'order' where t_ps only counts records
-- latency_class and the rows with times are those of timed runs: run.mode 'timed', run.time
-- 'simulated'.  Their causes, in the order of a request's way: link, port-queue, lookup, slot-wait,
-- config-fetch, table-read, merge-wait, ordering, invalidation-wait, data-access, miss-handling,
-- device-wait.  Classes: utlb-hit, tlb-hit, tcu-hit, walk-s1-1 (stage 1, one read), walk-s2-3,
-- walk-nested-2, config-miss, merged, behind-invalidation, bypass, fault; VT-d: iotlb-hit, walk-1 .. walk-5,
-- context-miss.

PRAGMA application_id = 0x494d5342;
PRAGMA user_version = 3;

CREATE TABLE IF NOT EXISTS run (
    id            INTEGER PRIMARY KEY,   -- in a sweep the point's index
    label         TEXT,
    started       TEXT,                  -- UTC; differs between equal runs
    wall_s        REAL,                  -- differs between equal runs
    version       TEXT,                  -- of the program
    arch          TEXT,                  -- smmuv3, vtd
    profile       TEXT,
    seed          INTEGER,
    mode          TEXT,                  -- functional, timed, cosim
    arrival       TEXT,                  -- serial, closed, open, rate
    trace         TEXT,
    trace_sha256  TEXT,
    requests      INTEGER,
    sim_ps        INTEGER,
    status        TEXT NOT NULL          -- running, done, mismatch, interrupted, failed, internal
);

-- A sweep's coordinates.
CREATE TABLE IF NOT EXISTS point (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    axis    TEXT NOT NULL,               -- path of a parameter
    value   NUMERIC                      -- a number if it is one
);

CREATE TABLE IF NOT EXISTS param (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    path    TEXT NOT NULL,
    unit    TEXT,
    value   NUMERIC                      -- a number, or the word of a choice
);

CREATE TABLE IF NOT EXISTS counter (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    component  TEXT NOT NULL,            -- path in the component tree
    name       TEXT NOT NULL,
    unit       TEXT,
    value      INTEGER NOT NULL
);

-- Values from lo to hi, both inclusive.  The first lo and the last hi of a histogram are its smallest
-- and its largest value; a bucket is at most 1/128 of its values wide.
CREATE TABLE IF NOT EXISTS histogram (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    component  TEXT NOT NULL,
    name       TEXT NOT NULL,
    unit       TEXT,
    lo         INTEGER NOT NULL,
    hi         INTEGER NOT NULL,
    count      INTEGER NOT NULL
);

-- What a histogram comes to, so that a view need not go through its buckets: a row for each.
-- Percentiles are the middle of a bucket: within 0.4 % of the exact value.
CREATE TABLE IF NOT EXISTS distribution (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    component  TEXT NOT NULL,            -- as in histogram, and so are name and unit
    name       TEXT NOT NULL,
    unit       TEXT,
    count      INTEGER NOT NULL,
    sum        INTEGER NOT NULL,         -- of all values
    min        INTEGER NOT NULL,
    p50        INTEGER NOT NULL,
    p90        INTEGER NOT NULL,
    p99        INTEGER NOT NULL,
    p999       INTEGER NOT NULL,
    max        INTEGER NOT NULL
);

-- Where the time of a class of requests went.  The causes add up to the class; there is no
-- remainder cause.  count: requests that met the cause.  The lookup itself is a cause that every
-- request meets, so that the largest count of a class is the number of its requests; without time it
-- is the only one.
CREATE TABLE IF NOT EXISTS latency_class (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    stream  INTEGER NOT NULL,
    class   TEXT NOT NULL,
    cause   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    sum_ps  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS interval (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    t_ps       INTEGER NOT NULL,         -- start of the interval
    component  TEXT NOT NULL,
    name       TEXT NOT NULL,
    value      INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS fault (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    t_ps       INTEGER NOT NULL,
    stream     INTEGER NOT NULL,
    substream  INTEGER,                  -- NULL: none
    iova       INTEGER NOT NULL,
    event      TEXT NOT NULL,            -- the manual's name
    stage      INTEGER,
    class      TEXT,
    detail     TEXT
);

-- Uses of an entry whose table entry had been changed, without an invalidation that covers it: the
-- software under study is wrong.
CREATE TABLE IF NOT EXISTS stale (
    run_id          INTEGER NOT NULL REFERENCES run(id),
    t_ps            INTEGER NOT NULL,
    request         INTEGER NOT NULL,    -- number of the request, from 0
    stream          INTEGER NOT NULL,
    iova            INTEGER NOT NULL,
    cached          TEXT,                -- what the entry gave
    current         TEXT,                -- what the tables say
    changed_ps      INTEGER NOT NULL,
    invalidated_ps  INTEGER              -- NULL: never
);

-- Results that no legal state of tables and caches explains: the simulator is wrong.
CREATE TABLE IF NOT EXISTS mismatch (
    run_id    INTEGER NOT NULL REFERENCES run(id),
    t_ps      INTEGER NOT NULL,
    request   INTEGER NOT NULL,
    field     TEXT NOT NULL,
    expected  TEXT,
    found     TEXT
);

-- ---- co-simulation: run.mode is 'cosim', the parameters of the design are param dut.* ----------------

-- Latencies of a class of requests in cycles, of the design ('dut') and of the model.
CREATE TABLE IF NOT EXISTS cosim_latency (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    class   TEXT NOT NULL,
    side    TEXT NOT NULL,
    n       INTEGER NOT NULL,
    mean    REAL NOT NULL,
    sd      REAL NOT NULL,
    p50     INTEGER NOT NULL,
    p95     INTEGER NOT NULL,
    p99     INTEGER NOT NULL,
    min     INTEGER NOT NULL,
    max     INTEGER NOT NULL
);

-- What the design did wrong, or otherwise than the model: the first ones.
CREATE TABLE IF NOT EXISTS cosim_mismatch (
    run_id    INTEGER NOT NULL REFERENCES run(id),
    seq       INTEGER NOT NULL,          -- from 0
    kind      TEXT NOT NULL,
    request   INTEGER,                   -- number of the request, from 0; NULL: of none
    cycle     INTEGER NOT NULL,
    expected  TEXT,
    found     TEXT,
    trace     TEXT,                      -- that shows it; NULL: made at random
    wave      TEXT                       -- a waveform of it
);

-- The design's coverage by unit (a module, a file) and kind (line, toggle, user).
CREATE TABLE IF NOT EXISTS cosim_coverage (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    unit    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    hit     INTEGER NOT NULL,
    total   INTEGER NOT NULL
);

-- How often each situation was met and judged.
CREATE TABLE IF NOT EXISTS cosim_bin (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    name    TEXT NOT NULL,
    hits    INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS cosim_latency_run  ON cosim_latency(run_id);
CREATE INDEX IF NOT EXISTS cosim_mismatch_run ON cosim_mismatch(run_id);
CREATE INDEX IF NOT EXISTS cosim_coverage_run ON cosim_coverage(run_id);
CREATE INDEX IF NOT EXISTS cosim_bin_run      ON cosim_bin(run_id);
CREATE INDEX IF NOT EXISTS point_run         ON point(run_id, axis);
CREATE INDEX IF NOT EXISTS param_run         ON param(run_id, path);
CREATE INDEX IF NOT EXISTS counter_run       ON counter(run_id, component, name);
CREATE INDEX IF NOT EXISTS histogram_run     ON histogram(run_id, component, name, lo);
CREATE INDEX IF NOT EXISTS distribution_run  ON distribution(run_id, component, name);
CREATE INDEX IF NOT EXISTS latency_class_run ON latency_class(run_id, stream, class);
CREATE INDEX IF NOT EXISTS interval_run      ON interval(run_id, component, name, t_ps);
CREATE INDEX IF NOT EXISTS fault_run         ON fault(run_id);
CREATE INDEX IF NOT EXISTS stale_run         ON stale(run_id);
CREATE INDEX IF NOT EXISTS mismatch_run      ON mismatch(run_id);

-- ---- views --------------------------------------------------------------------------------------

DROP VIEW IF EXISTS hit_rate;
CREATE VIEW hit_rate AS
SELECT l.run_id AS run_id, l.component AS component, l.value AS lookups, h.value AS hits,
       CASE WHEN l.value > 0 THEN 1.0 * h.value / l.value END AS rate
FROM counter l
JOIN counter h ON h.run_id = l.run_id AND h.component = l.component AND h.name = 'hits'
WHERE l.name = 'lookups'
ORDER BY l.run_id, l.rowid;

DROP VIEW IF EXISTS standard;
CREATE VIEW standard AS
SELECT run_id, name, unit, value FROM counter WHERE component = 'standard' ORDER BY run_id, rowid;

DROP VIEW IF EXISTS storage;
CREATE VIEW storage AS
SELECT run_id, component, value AS bits FROM counter WHERE name = 'storage_bits'
ORDER BY run_id, rowid;

-- In ns.  Percentiles are NULL where a run has no latency histograms (functional mode).
DROP VIEW IF EXISTS latency;
CREATE VIEW latency AS
WITH class AS (
    SELECT run_id, stream, class, max(count) AS count, sum(sum_ps) AS sum_ps
    FROM latency_class GROUP BY run_id, stream, class
)
SELECT c.run_id AS run_id, c.stream AS stream, c.class AS class, c.count AS count,
       CASE WHEN c.count > 0 THEN c.sum_ps / 1e3 / c.count END AS mean,
       d.p50 / 1e3 AS p50, d.p90 / 1e3 AS p90, d.p99 / 1e3 AS p99, d.p999 / 1e3 AS p999,
       d.max / 1e3 AS max
FROM class c
LEFT JOIN distribution d
       ON d.run_id = c.run_id AND d.component = 'latency' AND d.name = c.stream || '/' || c.class
ORDER BY c.run_id, c.stream, c.class;

-- The same over all streams, and class `all` over all classes.
DROP VIEW IF EXISTS latency_all;
CREATE VIEW latency_all AS
WITH request AS (
    SELECT run_id, stream, class, max(count) AS count, sum(sum_ps) AS sum_ps
    FROM latency_class GROUP BY run_id, stream, class
), class AS (
    SELECT run_id, class, sum(count) AS count, sum(sum_ps) AS sum_ps
    FROM request GROUP BY run_id, class
    UNION ALL
    SELECT run_id, 'all', sum(count), sum(sum_ps) FROM request GROUP BY run_id
)
SELECT c.run_id AS run_id, c.class AS class, c.count AS count,
       CASE WHEN c.count > 0 THEN c.sum_ps / 1e3 / c.count END AS mean,
       d.p50 / 1e3 AS p50, d.p90 / 1e3 AS p90, d.p99 / 1e3 AS p99, d.p999 / 1e3 AS p999,
       d.max / 1e3 AS max
FROM class c
LEFT JOIN distribution d
       ON d.run_id = c.run_id AND d.component = 'latency_all' AND d.name = c.class
ORDER BY c.run_id, c.class = 'all', c.class;

-- Where the time of each class went, over all streams, and class `all` over all classes.
-- requests: of the class; count: those that met the cause; mean_ns: of the cause a request of the class, so that
-- they add up to the class's mean latency; share: of the class's time.
DROP VIEW IF EXISTS cause;
CREATE VIEW cause AS
WITH request AS (
    SELECT run_id, stream, class, max(count) AS n
    FROM latency_class GROUP BY run_id, stream, class
), part AS (
    SELECT run_id, class, cause, 0 AS n, sum(count) AS count, sum(sum_ps) AS sum_ps
    FROM latency_class GROUP BY run_id, class, cause
    UNION ALL
    SELECT run_id, class, NULL, sum(n), 0, 0 FROM request GROUP BY run_id, class
), either AS (
    SELECT p.run_id AS run_id, CASE w.whole WHEN 1 THEN 'all' ELSE p.class END AS class,
           p.cause AS cause, sum(p.n) AS n, sum(p.count) AS count, sum(p.sum_ps) AS sum_ps
    FROM part p JOIN (SELECT 0 AS whole UNION ALL SELECT 1) w GROUP BY 1, 2, 3
), filled AS (
    SELECT run_id, class, cause, count, sum_ps,
           sum(n) OVER (PARTITION BY run_id, class) AS requests,
           sum(sum_ps) OVER (PARTITION BY run_id, class) AS all_ps
    FROM either
)
SELECT run_id, class, cause, requests, count, sum_ps,
       CASE WHEN requests > 0 THEN sum_ps / 1e3 / requests END AS mean_ns,
       CASE WHEN all_ps > 0 THEN 1.0 * sum_ps / all_ps END AS share
FROM filled WHERE cause IS NOT NULL
ORDER BY run_id, class = 'all', class, sum_ps DESC, cause;

-- One row a run.  The totals come from the counters of component `run`, else from the rows.
DROP VIEW IF EXISTS summary;
CREATE VIEW summary AS
WITH total AS (
    SELECT run_id,
           max(CASE WHEN name = 'faults' THEN value END) AS faults,
           max(CASE WHEN name = 'stale' THEN value END) AS stale,
           max(CASE WHEN name = 'mismatches' THEN value END) AS mismatches
    FROM counter WHERE component = 'run' GROUP BY run_id
)
SELECT r.id AS run_id, r.label AS label, r.status AS status, r.arch AS arch, r.profile AS profile,
       r.mode AS mode, r.trace AS trace, r.requests AS requests, r.sim_ps / 1e9 AS sim_ms,
       r.wall_s AS wall_s, CASE WHEN r.wall_s > 0 THEN r.requests / r.wall_s END AS requests_per_s,
       (SELECT sum(c.sum_ps) / 1e3 / sum(c.count)
        FROM (SELECT max(count) AS count, sum(sum_ps) AS sum_ps FROM latency_class
              WHERE run_id = r.id GROUP BY stream, class) c
        WHERE r.mode = 'timed') AS mean_ns,
       (SELECT sum(bits) FROM storage s WHERE s.run_id = r.id) AS storage_bits,
       coalesce(t.faults, (SELECT count(*) FROM fault f WHERE f.run_id = r.id)) AS faults,
       coalesce(t.stale, (SELECT count(*) FROM stale s WHERE s.run_id = r.id)) AS stale,
       coalesce(t.mismatches, (SELECT count(*) FROM mismatch m WHERE m.run_id = r.id)) AS mismatches
FROM run r
LEFT JOIN total t ON t.run_id = r.id
ORDER BY r.id;
