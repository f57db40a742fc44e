-- SPDX-License-Identifier: Apache-2.0
INSERT INTO curve SELECT 'latency', machine, pages, mean FROM x ORDER BY machine, pages;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT CASE x.machine WHEN 'broadwell' THEN 'fit' ELSE 'predicted' END,
       printf('%s, read latency, 64 to 16384 pages', x.machine), 'measured curve',
       printf('%+.1f to %+.1f %%', 100 * min(x.mean / m.value - 1), 100 * max(x.mean / m.value - 1)), '3 %',
       max(abs(x.mean / m.value - 1)) <= 0.03
FROM x JOIN measured m ON m.machine = x.machine AND m.what = 'latency' AND m.x = x.pages GROUP BY x.machine ORDER BY min(x.run);
