-- SPDX-License-Identifier: Apache-2.0
-- Walks a second are the write rate times 1 - 117/N.
CREATE TEMP VIEW walks AS
SELECT pages, rate * (1 - 117.0 / pages) AS rate FROM x
WHERE ord = 'stream' AND write = 100 AND pages BETWEEN 256 AND 1024;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A6', 'write rate x miss ratio, 256 to 1024 pages', 'constant',
       printf('%+.1f to %+.1f %%', 100 * (min(rate) / avg(rate) - 1), 100 * (max(rate) / avg(rate) - 1)), '3 %',
       min(rate) / avg(rate) >= 0.97 AND max(rate) / avg(rate) <= 1.03 FROM walks;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A6', 'walk rate', '20.5 M/s', printf('%.1f to %.1f M/s', min(rate), max(rate)), '5 %',
       min(rate) >= 20.5 * 0.95 AND max(rate) <= 20.5 * 1.05 FROM walks;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A7', printf('reads in order, %d pages', x.pages), printf('%.1f M/s', m.value),
       printf('%.1f M/s (%+.0f %%)', x.rate, 100 * (x.rate / m.value - 1)), '20 %', abs(x.rate / m.value - 1) <= 0.2
FROM x JOIN measured m ON m.machine = 'broadwell' AND m.what = 'read' AND m.x = x.pages
WHERE x.ord = 'stream' AND x.write = 0 AND x.pages IN (64, 128, 256, 16384) ORDER BY x.pages;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A7', 'reads out of order at 128 pages against 64', 'no drop',
       printf('%.1f of %.1f M/s (in order %.1f)', b.rate, a.rate, c.rate), 'under 10 %', b.rate >= 0.9 * a.rate
FROM x a JOIN x b ON b.ord = 'none' AND b.write = 0 AND b.pages = 128
         JOIN x c ON c.ord = 'stream' AND c.write = 0 AND c.pages = 128
WHERE a.ord = 'none' AND a.write = 0 AND a.pages = 64;
INSERT INTO curve SELECT CASE write WHEN 100 THEN 'write' ELSE 'read' END,
                         CASE ord WHEN 'none' THEN 'broadwell, any order' ELSE 'broadwell, in order' END, pages, rate
                  FROM x ORDER BY write, ord, pages;
