/* SPDX-License-Identifier: Apache-2.0
 *
 * ats.h - the words of PCIe ATS and PRI that both architectures speak with a device.  [PCIe 10]
 *
 * A span of more than a page is written into the address itself: bit 11 (S) is set, and the lowest zero
 * from bit 12 on says how long it is; 8 KiB have it at bit 12, 2 MiB at bit 20, everything at bit 63.
 */
#ifndef ARCH_ATS_H
#define ARCH_ATS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

enum { ATS_PAGE_LOG2 = 12, ATS_SPAN_ALL = 64, ATS_SPAN_S = 1 << 11 };

/* The aligned span of 2^span_log2 bytes around addr; span_log2 is 12 to 64. */
static inline uint64_t ats_span_encode(uint64_t addr, unsigned span_log2)
{
    if (span_log2 <= ATS_PAGE_LOG2)
        return bits_align_down(addr, ATS_PAGE_LOG2);
    return bits_align_down(addr, span_log2) | (bits_low(span_log2 - 1) & bits_mask(63, ATS_PAGE_LOG2)) |
           ATS_SPAN_S;
}

/* Its inverse: the first address in *first; returns span_log2. */
static inline unsigned ats_span_decode(uint64_t word, uint64_t *first)
{
    uint64_t zeros = ~word & bits_mask(63, ATS_PAGE_LOG2);
    unsigned span_log2 = ATS_PAGE_LOG2;

    if (word & ATS_SPAN_S)
        span_log2 = zeros ? (unsigned)__builtin_ctzll(zeros) + 1 : ATS_SPAN_ALL;
    *first = bits_align_down(word, span_log2);
    return span_log2;
}

/* Response codes of a page request group, as the message on the link has them. */
enum pri_code { PRI_SUCCESS = 0x0, PRI_INVALID = 0x1, PRI_FAILURE = 0xf };

/* A page request, or with `last` and neither right a stop marker: no more requests of that PASID come. */
struct page_request {
    uint64_t addr;                     /* of the page                                             */
    uint32_t rid;                      /* StreamID, source-id                                     */
    uint32_t pasid;                    /* if has_pasid                                            */
    uint16_t group;                    /* PRG index, 9 bits                                       */
    bool     has_pasid, read, write, exec, priv, last;
};

static inline bool page_request_is_stop(const struct page_request *r)
{
    return r->has_pasid && r->last && !r->read && !r->write;
}

#endif
