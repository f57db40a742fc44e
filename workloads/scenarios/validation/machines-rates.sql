-- SPDX-License-Identifier: Apache-2.0
-- As A6 has it for Broadwell: walks a second are the write rate times 1 - E/N, E from the latency curve.  What was
-- measured has no tolerance for reads of other machines: they are reported.
INSERT INTO curve SELECT CASE write WHEN 100 THEN 'write' ELSE 'read' END, machine, pages, rate FROM x ORDER BY write, machine, pages;
CREATE TEMP TABLE walk_rate (machine TEXT, entries REAL, rate REAL);
INSERT INTO walk_rate VALUES ('haswell', 119, 21.4), ('ivy-bridge', 125.5, 18.6);
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'predicted', printf('%s, walk rate of writes, 256 to 1024 pages', x.machine), printf('%.1f M/s', w.rate),
       printf('%.1f to %.1f M/s', min(x.rate * (1 - entries / pages)), max(x.rate * (1 - entries / pages))), '5 %',
       max(abs(x.rate * (1 - entries / pages) / w.rate - 1)) <= 0.05
FROM x JOIN walk_rate w ON w.machine = x.machine
WHERE x.write = 100 AND x.pages BETWEEN 256 AND 1024 GROUP BY x.machine ORDER BY min(x.run);
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT CASE x.machine WHEN 'broadwell' THEN 'fit' ELSE 'predicted' END,
       printf('%s, %s rate, 64 to 16384 pages', x.machine, m.what), 'measured curve',
       printf('%+.1f to %+.1f %%', 100 * min(x.rate / m.value - 1), 100 * max(x.rate / m.value - 1)), 'reported', NULL
FROM x JOIN measured m ON m.machine = x.machine AND m.what = CASE x.write WHEN 100 THEN 'write' ELSE 'read' END AND m.x = x.pages
GROUP BY x.machine, x.write ORDER BY x.write DESC, min(x.run);
