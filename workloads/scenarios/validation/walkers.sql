-- SPDX-License-Identifier: Apache-2.0
-- A walk keeps its walker for 86 + 200 ns, one of 16384 - 117 accesses in 16384 walks; the link gives 47.4 M/s.
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A9', printf('writes at 16384 pages, %d walker%s', walkers, CASE walkers WHEN 1 THEN '' ELSE 's' END),
       printf('%.2f M/s', min(walkers / 0.286 / miss, 1 / 0.0211)), printf('%.2f M/s', rate), '3 %',
       abs(rate / min(walkers / 0.286 / miss, 1 / 0.0211) - 1) <= 0.03 FROM x ORDER BY walkers;
