/* SPDX-License-Identifier: Apache-2.0
 *
 * predict.h - how the encoder follows the addresses of one space within one frame.
 *
 * Addresses are told to predict_address one by one; what it answers (control bits and a value) the decoder
 * turns into the address again (docs/trace-format.md).  What counts as near, which cursor a jump takes and
 * where the base of far jumps lies is decided here and is nobody else's business.
 */
#ifndef TRACES_PREDICT_H
#define TRACES_PREDICT_H
#include "traces/format.h"

enum { PREDICT_SAMPLES = 32 };            /* of a space's far jumps, to find their middle */

struct predict_space {
    struct frame_cursor cursor[FRAME_CURSORS];
    uint32_t used[FRAME_CURSORS];         /* how manieth access of the space used it last, 0 none */
    bool     held[FRAME_CURSORS];         /* its step has predicted an address                    */
    uint64_t first, step;                 /* as in the payload                                    */
    uint64_t base;                        /* of far jumps, less first                             */
    uint32_t exact[FRAME_CURSORS];        /* addresses predicted                                  */
    uint8_t  name[FRAME_CURSORS];         /* the number a cursor has in the payload               */
    int64_t  sample[PREDICT_SAMPLES];     /* far jumps, less first: every `sample_step`th         */
    uint32_t samples, sample_step;
    int64_t  lo, hi;                      /* far jumps beyond, less first, are outliers           */
    int64_t  found_lo, found_hi;          /* of the others                                        */
    uint64_t bits;                        /* OR of all far jumps, less first                      */
    uint32_t count, far, lost;
    unsigned shift;
};

/* A space whose first address is `first`; `step` is what a first jump from it would be. */
void predict_init(struct predict_space *s, uint64_t first, uint64_t step);

/* CTRL_CURSOR and CTRL_ADDR bits of the next address, and its value in the address column; of a far jump
 * the distance from the first address.  `far_step`: the step after a jump. */
unsigned predict_address(struct predict_space *s, uint64_t addr, uint64_t far_step, uint64_t *value);

/* After the last address: the names of the cursors, and within which bounds far jumps are no outliers. */
void predict_end(struct predict_space *s);

/* Every far jump's distance once more, then the base and shift of all. */
void predict_far(struct predict_space *s, uint64_t value);
void predict_base(struct predict_space *s);

#endif
