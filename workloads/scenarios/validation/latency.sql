-- SPDX-License-Identifier: Apache-2.0
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A1', printf('read latency with the unit on and off, window of 1 to 117 pages'), 'equal',
       printf('%.2f ns more at most', max(a.mean - b.mean)), '3 ns', max(abs(a.mean - b.mean)) <= 3
FROM x a JOIN x b ON b.pages = a.pages AND b.off = 'yes' WHERE a.off = 'no' AND a.pages <= 117;

INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A3', printf('Broadwell, mean read latency, %d pages', x.pages), printf('%.0f ns', m.value),
       printf('%.1f ns (%+.1f %%)', x.mean, 100 * (x.mean / m.value - 1)), '3 %',
       abs(x.mean / m.value - 1) <= 0.03
FROM x JOIN measured m ON m.machine = 'broadwell' AND m.what = 'latency' AND m.x = x.pages
WHERE x.off = 'no' AND x.pages IN (64, 128, 256, 512, 1024) ORDER BY x.pages;

-- Modes: what the histogram of all requests at 256 pages has.
CREATE TEMP VIEW mode AS
SELECT lo / 1e3 AS lo, hi / 1e3 AS hi, h.count AS count FROM d.histogram h JOIN x ON x.run = h.run_id
WHERE h.component = 'latency' AND h.unit = 'ps' AND x.off = 'no' AND x.pages = 256;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A4', 'hit mode at 256 pages', '413 to 426 ns', printf('%.1f to %.1f ns', min(lo), max(hi)), 'the range',
       min(lo) >= 413 AND max(hi) <= 426
FROM mode WHERE lo < 550;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A4', 'miss mode above it', '280 ns',
       printf('%.1f to %.1f ns', min(m.lo) - h.hi, max(m.hi) - h.hi), '15 ns',
       min(m.lo) - h.hi >= 265 AND max(m.hi) - h.hi <= 295
FROM mode m, (SELECT max(hi) AS hi FROM mode WHERE lo < 550) h WHERE m.lo >= 550;

INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A5', printf('step of the median beyond the last-level cache, unit %s', CASE a.off WHEN 'no' THEN 'on' ELSE 'off' END),
       '67 to 80 ns', printf('%.1f ns', mb.ns - ma.ns), 'the range', mb.ns - ma.ns BETWEEN 67 AND 80
FROM x a JOIN x b ON b.off = a.off AND b.pages = 16384 JOIN median ma ON ma.run = a.run JOIN median mb ON mb.run = b.run
WHERE a.pages = 1024 ORDER BY a.off;
