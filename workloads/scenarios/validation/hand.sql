-- SPDX-License-Identifier: Apache-2.0
-- Exact: time of all requests after the warm-up, or reads of their walks at 10 ns each.
CREATE TEMP TABLE sum (label TEXT, criterion TEXT, ns INTEGER, reads INTEGER, how TEXT);
INSERT INTO sum VALUES
 ('tiny hit', 'tiny', 1, NULL, '1'),
 ('tiny miss, configuration cached', 'tiny', 31, NULL, '1 + 3*10'),
 ('tiny first access, stage 1', 'tiny', 51, NULL, '1 + 2*10 + 3*10'),
 ('tiny first access, stage 2', 'tiny', 41, NULL, '1 + 10 + 3*10'),
 ('tiny cyclic sweep of 5 pages', 'tiny', 15 * 31, NULL, '15 misses of 15'),
 ('tiny cyclic sweep of 4 pages, second round on', 'tiny', 16 * 1, NULL, '16 hits of 16'),
 ('tiny nested walk of 3 + 3 levels', 'tiny', NULL, 15, '(3+1)*(3+1) - 1'),
 ('tiny nested walk of 4 + 4 levels', 'A20', NULL, 24, '(4+1)*(4+1) - 1'),
 ('tiny stage 1 walk of 4 levels', 'A20', NULL, 4, '4'),
 ('tiny-vtd hit', 'tiny', 1, NULL, '1'),
 ('tiny-vtd miss, context cached', 'tiny', 31, NULL, '1 + 3*10'),
 ('tiny-vtd first access', 'tiny', 51, NULL, '1 + 2*10 + 3*10'),
 ('gem5 micro TLB hit', 'gem5', 1, NULL, '1'),
 ('gem5 main TLB hit', 'gem5', 40 * 4, NULL, '40 * (1 + 3)'),
 ('gem5 cold miss of 4 levels', 'gem5', 627, NULL, '1+3 + 8 + 3 + 2*100 + 4 + 4*100 + 8');
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT s.criterion, s.label, printf('%d %s = %s', coalesce(ns, reads), CASE WHEN ns THEN 'ns' ELSE 'walk reads' END, how),
       CASE WHEN ns THEN printf('%.3f ns', x.ps / 1e3) ELSE printf('%.1f', x.table_ps / 10e3) END, 'exact',
       CASE WHEN ns THEN x.ps = ns * 1000 ELSE x.table_ps = reads * 10000 END
FROM sum s JOIN x ON x.label = s.label;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'tiny', 'sums by hand that were run', (SELECT count(*) FROM sum), count(*), 'all',
       count(*) = (SELECT count(*) FROM sum) FROM sum s JOIN x ON x.label = s.label;
