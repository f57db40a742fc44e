/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_import.c - any bytes as captured files: an import or a message, and records that hold together.
 *
 * The first byte selects: which first line goes before the bytes so that a certain importer takes them
 * (0: none), and whether they are two files, cut at the first 0x1e byte.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "traces/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const starts[] = {
    "",
    "1@1.000001:smmu_reset_exit \n",
    "1@1.000001:vtd_reset_exit \n",
    "dd-414     [001] .....     9.855143: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 unmapped_size=4096\n",
    "{\"t\":\"head\",\"iommu\":\"smmuv3\"}\n",
    "{\"t\":\"head\",\"iommu\":\"vtd\",\"cap\":\"0x1\",\"ecap\":\"0x2\"}\n",
    "1@1.000001:vtd_reset_exit \n1@1.000002:vtd_reg_dmar_root addr 0x1000000 scalable 1\n",
};

enum { SPLIT = 0x1e, MOST = 1 << 16 };

/* Kinds, words and streams are in range, time never goes back. */
static int check(void *to, const struct import_item *it)
{
    uint64_t *last = to;
    struct rec_expect e;

    if (it->rec.kind >= REC_KIND_COUNT || it->rec.words > REC_WORDS_MAX || it->rec.time < *last)
        abort();
    if (it->rec.kind <= REC_TRANSLATED && it->rec.stream == REC_NO_STREAM)
        abort();
    if (it->rec.kind == REC_EXPECT) {
        rec_expect_unpack(&it->ext, &e);
        if (e.source > REC_ALLOWED || e.outcome > REC_O_FAULT_SILENT)
            abort();
    }
    *last = it->rec.time;
    return 0;
}

static size_t with_start(char *to, unsigned which, const uint8_t *data, size_t size)
{
    size_t n = strlen(starts[which % ARRAY_LEN(starts)]);

    memcpy(to, starts[which % ARRAY_LEN(starts)], n);
    if (size)
        memcpy(to + n, data, size);
    return n + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[MOST + 1024], second[MOST + 1024];
    uint64_t last = 0;
    const struct import_options opt = { .sink = check, .sink_to = &last };
    const uint8_t *cut;
    struct import *im;
    struct diag d;
    unsigned which, n;
    size_t part;
    int rc;

    if (size == 0 || size > MOST)
        return 0;
    which = data[0];
    n = (unsigned)ARRAY_LEN(starts);
    data++;
    size--;
    cut = which >= n && size ? memchr(data, SPLIT, size) : NULL;
    part = cut ? (size_t)(cut - data) : size;
    diag_init(&d);
    im = import_new(&opt, &d);
    rc = import_add_memory(im, "first", first, with_start(first, which % n, data, part));
    if (rc == 0 && cut)
        rc = import_add_memory(im, "second", second,
                               with_start(second, which / n, cut + 1, size - part - 1));
    if (rc == 0)
        rc = import_run(im);
    if (rc < 0 && diag_empty(&d))
        abort();
    import_free(im);
    diag_destroy(&d);
    return 0;
}
