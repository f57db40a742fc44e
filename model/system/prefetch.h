/* SPDX-License-Identifier: Apache-2.0
 *
 * prefetch.h - translations that nobody waits for, in time: they go through the slots, ports and memory of the
 * TCU as a miss does, but begin there and end there, and are served a slot when nobody else waits for one.
 *
 * As many are under way as there are frames.  One that an invalidation overtakes gives up at its next question,
 * so that no sync need wait for it.  `retry` of its flow says that a request has missed its page meanwhile.
 */
#ifndef SYSTEM_PREFETCH_H
#define SYSTEM_PREFETCH_H
#include "system/timed.h"

struct prefetches;
struct prefetch_frame {
    struct flow flow;
    struct prefetches *of;
    bool used;
};

struct prefetches {
    struct timed *t;
    struct prefetch_frame *frame;      /* [frames] */
    unsigned char *machine;            /* [frames] of them */
    unsigned frames, under_way;
    uint64_t begun;
    void (*done)(void *arg, struct flow *f, bool gave_up);      /* its last word */
    void *arg;
};

/* 0 or SIM_EENV; to be destroyed in any case. */
int  prefetches_init(struct prefetches *p, struct timed *t, unsigned frames);
void prefetches_destroy(struct prefetches *p);

/* Begins one at at_ps; its flow, NULL if no frame is free. */
struct flow *prefetch_begin(struct prefetches *p, const struct xl_req *req, enum prefetch what,
                            uint64_t at_ps);

/* That of the same stream and page which is under way; NULL if there is none. */
struct flow *prefetch_find(const struct prefetches *p, const struct xl_req *req, unsigned page_log2);

#endif
