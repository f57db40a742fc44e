/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_yaml.c - any bytes as a configuration file: an answer or a message, and a tree that holds together.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7.12 loses a buffer on some malformed quoted texts; our own leaks are still found. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void check_members(const struct yaml *y, const struct yaml_item *of)
{
    const struct yaml_item *m = NULL;
    size_t at = (size_t)(of - y->item) + 1;

    while ((m = yaml_next(y, of, m))) {
        if ((size_t)(m - y->item) != at || m->end > of->end || yaml_find(y, m->path) != m)
            abort();
        check_members(y, m);
        at = m->end;
    }
    if (at != of->end)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml y;
    struct diag d;
    int err;

    diag_init(&d);
    err = yaml_parse(&y, "fuzz", (const char *)data, size, &d);
    if ((err == 0) != diag_empty(&d))
        abort();
    if (!err && y.n)
        check_members(&y, &y.item[0]);
    yaml_destroy(&y);
    diag_destroy(&d);
    return 0;
}
