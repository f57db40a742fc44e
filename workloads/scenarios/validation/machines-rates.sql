-- SPDX-License-Identifier: Apache-2.0
INSERT INTO curve SELECT CASE write WHEN 100 THEN 'write' ELSE 'read' END, machine, pages, rate FROM x ORDER BY write, machine, pages;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT CASE x.machine WHEN 'broadwell' THEN 'fit' ELSE 'predicted' END,
       printf('%s, write rate, 64 to 16384 pages', x.machine), 'measured curve',
       printf('%+.1f to %+.1f %%', 100 * min(x.rate / m.value - 1), 100 * max(x.rate / m.value - 1)), '20 %',
       max(abs(x.rate / m.value - 1)) <= 0.2
FROM x JOIN measured m ON m.machine = x.machine AND m.what = 'write' AND m.x = x.pages
WHERE x.write = 100 GROUP BY x.machine ORDER BY min(x.run);
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT CASE x.machine WHEN 'broadwell' THEN 'fit' ELSE 'predicted' END,
       printf('%s, read rate, 64 to 16384 pages', x.machine), 'measured curve',
       printf('%+.1f to %+.1f %%', 100 * min(x.rate / m.value - 1), 100 * max(x.rate / m.value - 1)), 'reported',
       NULL
FROM x JOIN measured m ON m.machine = x.machine AND m.what = 'read' AND m.x = x.pages
WHERE x.write = 0 GROUP BY x.machine ORDER BY min(x.run);
