-- SPDX-License-Identifier: Apache-2.0
CREATE TEMP VIEW ratio AS
SELECT CASE a.write WHEN 100 THEN 'write' ELSE 'read' END AS dir, a.len AS len, b.rate / a.rate AS value
FROM x a JOIN x b ON b.len = a.len AND b.write = a.write AND b.pages = 16384 WHERE a.pages = 64;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A8', printf('%ss of %d bytes, 16384 pages over 64', dir, len), printf('%.2f', m.value), printf('%.2f', r.value),
       CASE dir WHEN 'read' THEN '0.07' ELSE '0.02' END,
       abs(r.value - m.value) <= CASE dir WHEN 'read' THEN 0.07 ELSE 0.02 END
FROM ratio r JOIN measured m ON m.machine = 'broadwell' AND m.what = r.dir || ' ratio' AND m.x = r.len
WHERE dir = 'read' OR len = 512 ORDER BY dir, len;
INSERT INTO curve SELECT 'ratio', dir, len, value FROM ratio ORDER BY dir, len;
