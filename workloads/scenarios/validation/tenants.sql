-- SPDX-License-Identifier: Apache-2.0
-- Of the packets that came, some were dropped; of the others a share q missed.
CREATE TEMP VIEW used AS
SELECT depth, pages, 1 - 1.0 * dropped / packets AS u, 1.0 * missed / (packets - dropped) AS q FROM x;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A18', printf('link used, queue of 1, %d pages a tenant, q = %.3f', pages, q), printf('%.2f %%', 100 / (1 + 14 * q)),
       printf('%.2f %%', 100 * u), '1 % absolute', abs(u - 1 / (1 + 14 * q)) <= 0.01 FROM used WHERE depth = 1 ORDER BY pages;
INSERT INTO verdict (criterion, what, expected, simulated, allowed, ok)
SELECT 'A18', printf('floor, all packets miss, queue of %d, which admits %d', depth, (depth + 2) / 3),
       printf('%.1f %%', 100 * min(1, (depth + 2) / 3 / 15.0)), printf('%.1f %%', 100 * u), '1 % absolute',
       q > 0.99 AND abs(u - min(1, (depth + 2) / 3 / 15.0)) <= 0.01 FROM used WHERE pages = 300 ORDER BY depth;
