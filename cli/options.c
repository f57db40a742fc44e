/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim.h"

enum { OPTIONS_MAX = 64, NAME_MAX_LEN = 24 };

const struct option *cli_long_options(const struct cli_option *row, size_t n)
{
    static struct option longs[OPTIONS_MAX + 1];
    static char names[OPTIONS_MAX][NAME_MAX_LEN];

    SIM_CHECK(n <= OPTIONS_MAX, "%zu options", n);
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "%s", row[i].name);
        for (char *p = names[i]; *p; p++)
            if (*p == '_')
                *p = '-';
        longs[i] = (struct option){ names[i], row[i].kind, NULL, (int)(n + i) };
    }
    longs[n] = (struct option){ .name = NULL };
    return longs;
}

void cli_print_options(FILE *to, const struct cli_option *row, size_t n, int width)
{
    const struct option *longs = cli_long_options(row, n);

    for (size_t i = 0; i < n; i++) {
        char left[48];

        snprintf(left, sizeof left, "--%s%s", longs[i].name, row[i].arg);
        fprintf(to, "  %-*s %s\n", width, left, row[i].help);
    }
}

int cli_add_pair(const char *option, const char *text, const char ***list, size_t *n, struct diag *d)
{
    const char *eq = strchr(text, '='), **more;

    if (!eq || eq == text || !eq[1])
        return diag_add(d, NULL, 0, 0, "%s %s: expected PATH=VALUE", option, text);
    more = realloc(*list, (*n + 1) * sizeof *more);
    if (!more)
        return diag_env(d, NULL, "no memory");
    *list = more;
    more[(*n)++] = text;
    return 0;
}
