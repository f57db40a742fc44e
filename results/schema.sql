-- SPDX-License-Identifier: Apache-2.0
--
-- The results database of iommusim.  A contract for users' own queries: tables and columns are only
-- ever added, and PRAGMA user_version counts the additions.  docs/results.md has examples.
--
-- Times are integers of picoseconds (_ps).  Addresses are 64 bits in two's complement:
-- printf('0x%x', iova).  `stream` is the StreamID (SMMUv3) or the source-id (VT-d).
--
-- Conventions on names, on which the views and plots below and in results/plots rest:
--   counter    <structure> lookups, hits       -> view hit_rate
--              <structure> storage_bits        -> view storage
--              standard    <name in perf>      -> view standard: PMCG and VT-d perfmon names
--              run         faults, stale, mismatches   totals, however many rows the tables hold
--              trace       reuse_cold          first uses, which have no reuse distance
--   histogram  latency     <stream>/<class>    unit ps -> view latency, percentiles
--              trace       reuse_distance      distinct pages touched since the page's last use
--   interval   <structure> lookups, misses     within the interval that starts at t_ps
--   param      run.time    'trace', 'simulated', or 'order' where t_ps only counts records

PRAGMA application_id = 0x494d5342;
PRAGMA user_version = 1;

CREATE TABLE run (
    id            INTEGER PRIMARY KEY,   -- in a sweep the point's index
    label         TEXT,
    started       TEXT,                  -- UTC; differs between equal runs
    wall_s        REAL,                  -- differs between equal runs
    version       TEXT,                  -- of the program
    arch          TEXT,                  -- smmuv3, vtd
    profile       TEXT,
    seed          INTEGER,
    mode          TEXT,                  -- functional, timed
    arrival       TEXT,                  -- serial, closed, open, rate
    trace         TEXT,
    trace_sha256  TEXT,
    requests      INTEGER,
    sim_ps        INTEGER,
    status        TEXT NOT NULL          -- running, done, mismatch, interrupted, failed, internal
);

-- A sweep's coordinates.
CREATE TABLE point (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    axis    TEXT NOT NULL,               -- path of a parameter
    value   NUMERIC                      -- a number if it is one
);

CREATE TABLE param (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    path    TEXT NOT NULL,
    unit    TEXT,
    value   NUMERIC                      -- a number, or the word of a choice
);

CREATE TABLE counter (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    component  TEXT NOT NULL,            -- path in the component tree
    name       TEXT NOT NULL,
    unit       TEXT,
    value      INTEGER NOT NULL
);

-- Values from lo to hi, both inclusive.  The first lo and the last hi of a histogram are its smallest
-- and its largest value; a bucket is at most 1/128 of its values wide.
CREATE TABLE histogram (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    component  TEXT NOT NULL,
    name       TEXT NOT NULL,
    unit       TEXT,
    lo         INTEGER NOT NULL,
    hi         INTEGER NOT NULL,
    count      INTEGER NOT NULL
);

-- Where the time of a class of requests went.  The causes add up to the class; there is no
-- remainder cause.  count: requests that met the cause.  The lookup itself is a cause that every
-- request meets, so that the largest count of a class is the number of its requests; without time it
-- is the only one.
CREATE TABLE latency_class (
    run_id  INTEGER NOT NULL REFERENCES run(id),
    stream  INTEGER NOT NULL,
    class   TEXT NOT NULL,
    cause   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    sum_ps  INTEGER NOT NULL
);

CREATE TABLE interval (
    run_id     INTEGER NOT NULL REFERENCES run(id),
    t_ps       INTEGER NOT NULL,         -- start of the interval
    component  TEXT NOT NULL,
    name       TEXT NOT NULL,
    value      INTEGER NOT NULL
);

CREATE TABLE fault (
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
CREATE TABLE stale (
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
CREATE TABLE mismatch (
    run_id    INTEGER NOT NULL REFERENCES run(id),
    t_ps      INTEGER NOT NULL,
    request   INTEGER NOT NULL,
    field     TEXT NOT NULL,
    expected  TEXT,
    found     TEXT
);

CREATE INDEX point_run         ON point(run_id, axis);
CREATE INDEX param_run         ON param(run_id, path);
CREATE INDEX counter_run       ON counter(run_id, component, name);
CREATE INDEX histogram_run     ON histogram(run_id, component, name, lo);
CREATE INDEX latency_class_run ON latency_class(run_id, stream, class);
CREATE INDEX interval_run      ON interval(run_id, component, name, t_ps);
CREATE INDEX fault_run         ON fault(run_id);
CREATE INDEX stale_run         ON stale(run_id);
CREATE INDEX mismatch_run      ON mismatch(run_id);

-- ---- views --------------------------------------------------------------------------------------

CREATE VIEW hit_rate AS
SELECT l.run_id AS run_id, l.component AS component, l.value AS lookups, h.value AS hits,
       CASE WHEN l.value > 0 THEN 1.0 * h.value / l.value END AS rate
FROM counter l
JOIN counter h ON h.run_id = l.run_id AND h.component = l.component AND h.name = 'hits'
WHERE l.name = 'lookups'
ORDER BY l.run_id, l.rowid;

CREATE VIEW standard AS
SELECT run_id, name, unit, value FROM counter WHERE component = 'standard' ORDER BY run_id, rowid;

CREATE VIEW storage AS
SELECT run_id, component, value AS bits FROM counter WHERE name = 'storage_bits'
ORDER BY run_id, rowid;

-- A percentile is the middle of the first bucket at which the running count reaches its share;
-- within 0.4 % of the exact value.  NULL where a run has no latency histograms (functional mode).
CREATE VIEW latency AS
WITH running AS (
    SELECT run_id, name, lo, hi,
           sum(count) OVER (PARTITION BY run_id, name ORDER BY lo) AS upto,
           sum(count) OVER (PARTITION BY run_id, name) AS n
    FROM histogram WHERE component = 'latency' AND unit = 'ps'
), percentile AS (
    SELECT run_id, name,
           min(CASE WHEN upto * 1000 >= n * 500 THEN lo + (hi - lo) / 2 END) / 1e3 AS p50,
           min(CASE WHEN upto * 1000 >= n * 900 THEN lo + (hi - lo) / 2 END) / 1e3 AS p90,
           min(CASE WHEN upto * 1000 >= n * 990 THEN lo + (hi - lo) / 2 END) / 1e3 AS p99,
           min(CASE WHEN upto * 1000 >= n * 999 THEN lo + (hi - lo) / 2 END) / 1e3 AS p999,
           max(hi) / 1e3 AS max
    FROM running GROUP BY run_id, name
), class AS (
    SELECT run_id, stream, class, max(count) AS count, sum(sum_ps) AS sum_ps
    FROM latency_class GROUP BY run_id, stream, class
)
SELECT c.run_id AS run_id, c.stream AS stream, c.class AS class, c.count AS count,
       CASE WHEN c.count > 0 THEN c.sum_ps / 1e3 / c.count END AS mean,
       p.p50 AS p50, p.p90 AS p90, p.p99 AS p99, p.p999 AS p999, p.max AS max
FROM class c
LEFT JOIN percentile p ON p.run_id = c.run_id AND p.name = c.stream || '/' || c.class
ORDER BY c.run_id, c.stream, c.class;

-- One row a run.  The totals come from the counters of component `run`, else from the rows.
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
       (SELECT sum(c.sum_ps) / 1e3 / r.requests FROM latency_class c
        WHERE c.run_id = r.id AND r.requests > 0 AND r.mode = 'timed') AS mean_ns,
       (SELECT sum(bits) FROM storage s WHERE s.run_id = r.id) AS storage_bits,
       coalesce(t.faults, (SELECT count(*) FROM fault f WHERE f.run_id = r.id)) AS faults,
       coalesce(t.stale, (SELECT count(*) FROM stale s WHERE s.run_id = r.id)) AS stale,
       coalesce(t.mismatches, (SELECT count(*) FROM mismatch m WHERE m.run_id = r.id)) AS mismatches
FROM run r
LEFT JOIN total t ON t.run_id = r.id
ORDER BY r.id;
