-- SPDX-License-Identifier: Apache-2.0
-- A miss costs 4 + 86 + 200 ns; 117 entries are free.
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A2', printf('mean = hit + (1 - E/N) D, 128 to 2048 pages, %s', a.policy), 'E = 117, D = 290 ns',
       printf('%.2f ns off at most', max(abs(a.mean - h.mean - (1 - 117.0 / a.pages) * 290))), '1 % of D',
       max(abs(a.mean - h.mean - (1 - 117.0 / a.pages) * 290)) <= 2.9
FROM x a JOIN x h ON h.policy = a.policy AND h.pages = 64 WHERE a.pages > 117 GROUP BY a.policy ORDER BY a.run;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A2', printf('no miss up to 117 pages, %s', policy), '0', printf('%d of %d', sum(lookups - hits), sum(lookups)),
       '0', sum(lookups - hits) = 0 FROM x WHERE pages <= 117 GROUP BY policy ORDER BY run;
