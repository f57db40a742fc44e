/* SPDX-License-Identifier: Apache-2.0 */
#include "results/sections.h"

#include <string.h>

#include "base/sim.h"

#define BASENAME(path) "replace(" path ", rtrim(" path ", replace(" path ", '/', '')), '')"
#define HEX(column)    "printf('0x%x', " column ")"
/* min or max of addresses, which SQL would compare as signed numbers */
#define HEX_END(which) "'0x' || ifnull(nullif(ltrim(" which "(printf('%016x', iova)), '0'), ''), '0')"

#define NS_COLUMNS                                                                                 \
    "printf('%.1f', mean) AS mean, printf('%.1f', p50) AS p50, printf('%.1f', p90) AS p90,"        \
    " printf('%.1f', p99) AS p99, printf('%.1f', p999) AS \"p99.9\", printf('%.1f', max) AS max"

const struct section all_runs = {
    "runs", "Runs",
    "SELECT run_id AS run, label, status, profile, mode, " BASENAME("trace") " AS trace, requests,"
    " faults, stale, mismatches, printf('%.2f s', wall_s) AS wall,"
    " CASE WHEN requests_per_s > 0 THEN printf('%.2f', requests_per_s / 1e6) END AS \"M/s\" "
    "FROM summary WHERE ?1 < 0 OR run_id = ?1 ORDER BY run_id", 50,
};

const struct section run_section[] = {
    { "summary", "Run",
      "WITH s AS (SELECT * FROM summary WHERE run_id = ?1), r AS (SELECT * FROM run WHERE id = ?1)"
      "SELECT 'run' AS item, run_id || ifnull(' ' || nullif(label, ''), '') AS value FROM s "
      "UNION ALL "
      "SELECT 'status', status FROM s UNION ALL "
      "SELECT 'profile', arch || ' ' || profile || ', ' || mode || ', ' || arrival ||"
      " ' arrival, seed ' || seed FROM r UNION ALL "
      "SELECT 'trace', trace FROM r WHERE trace IS NOT NULL UNION ALL "
      "SELECT 'sha256', trace_sha256 FROM r WHERE trace_sha256 IS NOT NULL UNION ALL "
      "SELECT 'started', started || ', version ' || version FROM r UNION ALL "
      "SELECT 'took', printf('%.2f s, %.2f M requests/s', wall_s, requests_per_s / 1e6) FROM s"
      " WHERE wall_s IS NOT NULL UNION ALL "
      "SELECT 'requests', printf('%,d', requests) FROM s WHERE requests IS NOT NULL UNION ALL "
      "SELECT 'simulated', printf('%.6f ms', sim_ms) FROM s WHERE sim_ms > 0 UNION ALL "
      "SELECT 'mean latency', printf('%.2f ns', mean_ns) FROM s WHERE mean_ns > 0 UNION ALL "
      "SELECT 'throughput', printf('%.2f M requests/s', requests / sim_ms / 1e3) FROM s"
      " WHERE mode = 'timed' AND sim_ms > 0 UNION ALL "
      "SELECT 'faults', printf('%,d', faults) FROM s UNION ALL "
      "SELECT 'stale uses', printf('%,d', stale) FROM s UNION ALL "
      "SELECT 'mismatches', printf('%,d', mismatches) FROM s", 0 },
    { "hit_rate", "Hit rates",
      "SELECT component, lookups, hits, lookups - hits AS misses,"
      " CASE WHEN rate IS NOT NULL THEN printf('%.3f %%', 100 * rate) ELSE '' END AS rate "
      "FROM hit_rate WHERE run_id = ?1", 40 },
    { "class", "Answers by stream",
      "SELECT " HEX("stream") " AS stream, class, count AS requests,"
      " printf('%.3f %%', 100.0 * count / sum(count) OVER (PARTITION BY stream)) AS share "
      "FROM latency WHERE run_id = ?1 "
      "ORDER BY sum(count) OVER (PARTITION BY stream) DESC, stream, class", 30 },
    { "latency_all", "Latency by class, in ns",
      "SELECT class, count AS requests,"
      " printf('%.2f %%', 100.0 * count / (SELECT count FROM latency_all WHERE run_id = ?1"
      " AND class = 'all')) AS share, " NS_COLUMNS
      " FROM latency_all WHERE run_id = ?1 AND p50 IS NOT NULL", 40 },
    { "cause_all", "Where the time of all requests went",
      "SELECT cause, printf('%.2f', mean_ns) AS \"ns/request\","
      " printf('%.2f %%', 100 * share) AS share, count AS \"met by requests\" "
      "FROM cause WHERE run_id = ?1 AND class = 'all' AND sum_ps > 0", 0 },
    { "cause", "Where the time of each class went",
      "SELECT class, cause, printf('%.2f', mean_ns) AS \"ns/request\","
      " printf('%.2f %%', 100 * share) AS share FROM cause "
      "WHERE run_id = ?1 AND class <> 'all' AND share >= 0.01 "
      "ORDER BY sum(sum_ps) OVER (PARTITION BY class) DESC, class, sum_ps DESC, cause", 40 },
    { "latency", "Latency by stream, in ns",
      "SELECT " HEX("stream") " AS stream, class, count AS requests, " NS_COLUMNS
      " FROM latency WHERE run_id = ?1 AND p50 IS NOT NULL "
      "ORDER BY sum(count) OVER (PARTITION BY stream) DESC, stream, class", 30 },
    { "occupancy", "Slots and places in use",
      "SELECT component, printf('%.3f', sum((lo + hi) / 2.0 * count) / sum(count)) AS mean,"
      " max(hi) AS most,"
      " printf('%.2f %%', 100.0 * sum(CASE WHEN hi > 0 THEN count END) / sum(count)) AS \"in use\","
      " printf('%.2f %%', 100.0 * sum(CASE WHEN hi = top THEN count END) / sum(count))"
      " AS \"time at most\" FROM (SELECT *, max(hi) OVER (PARTITION BY component) AS top,"
      " min(rowid) OVER (PARTITION BY component) AS at FROM histogram"
      " WHERE run_id = ?1 AND name = 'occupancy' AND unit = 'ps') "
      "GROUP BY component HAVING sum(count) > 0 ORDER BY at", 40 },
    { "walk_reads", "Table reads of a walk",
      "SELECT component, count AS walks, printf('%.3f', 1.0 * sum / count) AS mean,"
      " p50, p90, p99, max FROM distribution WHERE run_id = ?1 AND name = 'walk_reads'", 10 },
    { "fault", "Faults",
      "SELECT event, stage, class, count(*) AS rows, count(DISTINCT stream) AS streams,"
      " " HEX_END("min") " AS lowest, " HEX_END("max") " AS highest "
      "FROM fault WHERE run_id = ?1 GROUP BY event, stage, class "
      "ORDER BY count(*) DESC, event", 20 },
    { "stale", "Stale uses",
      "SELECT request, " HEX("stream") " AS stream, " HEX("iova") " AS iova, cached, current,"
      " changed_ps, ifnull(invalidated_ps, 'never') AS invalidated_ps "
      "FROM stale WHERE run_id = ?1 ORDER BY rowid", 10 },
    { "mismatch", "Mismatches",
      "SELECT request, t_ps, field, expected, found FROM mismatch WHERE run_id = ?1 "
      "ORDER BY rowid", 10 },
    { "standard", "Standard counters",
      "SELECT name, unit, value FROM standard WHERE run_id = ?1", 40 },
    { "counter", "Other counters that are not zero",
      "SELECT component, name, value, unit FROM counter WHERE run_id = ?1 AND value <> 0"
      " AND component NOT IN ('standard', 'run')"
      " AND name NOT IN ('lookups', 'hits', 'storage_bits') ORDER BY rowid", 30 },
    { "storage", "Storage",
      "SELECT component, bits, printf('%.2f', bits / 8192.0) AS KiB FROM storage"
      " WHERE run_id = ?1 AND bits > 0", 40 },
};
const size_t run_sections = ARRAY_LEN(run_section);

/* The query of the points has a column for each axis and structure there is: SQL writes it. */
static const char points_sql[] =
    "WITH axis AS (SELECT axis, min(rowid) AS at FROM point GROUP BY axis),"
    " part AS (SELECT h.component, min(c.rowid) AS at FROM hit_rate h JOIN counter c"
    "          ON c.run_id = h.run_id AND c.component = h.component AND c.name = 'lookups'"
    "          WHERE h.run_id IN (SELECT run_id FROM point)"
    "          GROUP BY 1 HAVING min(h.rate) < max(h.rate))"
    "SELECT 'SELECT r.id AS run, r.status'"
    " || (SELECT group_concat(printf(', max(CASE WHEN p.axis = %Q THEN p.value END) AS \"%w\"',"
    "     axis, axis), '') FROM (SELECT axis FROM axis ORDER BY at))"
    " || ifnull((SELECT group_concat(printf(', (SELECT printf(''%%.3f %%%%'', 100 * rate)"
    "     FROM hit_rate h WHERE h.run_id = r.id AND h.component = %Q) AS \"%w hits\"',"
    "     component, component), '')"
    "     FROM (SELECT component FROM part ORDER BY at)), '')"
    " || CASE WHEN EXISTS (SELECT 1 FROM run WHERE mode = 'timed' AND id IN (SELECT run_id"
    "     FROM point)) THEN ', (SELECT printf(''%.1f'', sum(sum_ps) / 1e3 / r.requests)"
    "     FROM latency_class c WHERE c.run_id = r.id AND r.requests > 0) AS \"mean ns\","
    "     (SELECT printf(''%.1f'', p99 / 1e3) FROM distribution d WHERE d.run_id = r.id"
    "     AND d.component = ''latency_all'' AND d.name = ''all'') AS \"p99 ns\"'"
    "     ELSE '' END"
    " || ' FROM run r JOIN point p ON p.run_id = r.id GROUP BY r.id ORDER BY r.id'";

int sections_points(struct reader *r, struct table *t)
{
    struct table text;
    int error = reader_query(r, &text, 0, points_sql);

    *t = (struct table){ 0 };
    if (!error && text.rows && table_text(&text, 0, 0)[0])
        error = reader_query(r, t, 0, table_text(&text, 0, 0));
    table_destroy(&text);
    return error;
}
