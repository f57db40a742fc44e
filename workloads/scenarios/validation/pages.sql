-- SPDX-License-Identifier: Apache-2.0
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A15', printf('%ss to 64 MiB in pages of %s, rate against no unit', CASE a.write WHEN 100 THEN 'write' ELSE 'read' END,
                     CASE a.page WHEN 4096 THEN '4 KiB' ELSE '2 MiB' END),
       CASE a.page WHEN 4096 THEN 'a loss' ELSE 'no loss' END, printf('%.1f %%', 100 * a.rate / b.rate),
       CASE a.page WHEN 4096 THEN 'below 80 %' ELSE '1 %' END,
       CASE a.page WHEN 4096 THEN a.rate < 0.8 * b.rate ELSE a.rate >= 0.99 * b.rate END
FROM x a JOIN x b ON b.page = a.page AND b.write = a.write AND b.off = 'yes' WHERE a.off = 'no' ORDER BY a.write, a.run;
