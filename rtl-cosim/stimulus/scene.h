/* SPDX-License-Identifier: Apache-2.0
 *
 * scene.h - the tables of an SMMUv3 as software keeps them, written as records.
 *
 * A scene is what the generators build on: a memory in which the encoders of the architecture write, whose
 * writes become records of table words (neighbouring words one record), and beside it a plain list of what the
 * tables say.  4 KB granule; what cannot be told apart by an SMMU's caches is not made different:
 *
 *   vm      a VMID.  Its streams translate by stage 1, by stage 2 or by both (`kind`; streams of stage 2 alone
 *           may stand beside nested ones).  All its ASIDs share the upper half of addresses, so that a global
 *           page is the same for all.
 *   space   an ASID of a VM: the lower half, and the CD's bits
 *   stream  an STE with a CD table: linear, or two-level with leaves of 4 KB or 64 KB
 *   tree    a translation table; its leaves are listed as pages
 *
 * In a nested VM tables of stage 1 and CDs lie in a window of IPAs of 1 GB, which stage 2 maps with pages or
 * blocks, wherever a table needs it, linearly: the window as a whole is at `win_pa`.
 *
 * Words of an STE or a CD are written while its V is 0, or one word is: what a reader finds between two beats is
 * then one of the two states.
 */
#ifndef RTL_COSIM_STIMULUS_SCENE_H
#define RTL_COSIM_STIMULUS_SCENE_H
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "base/mem.h"
#include "rtl-cosim/stimulus/records.h"

enum { SCENE_PAGES = 48, SCENE_VMS = 4, SCENE_SPACES = 8, SCENE_STREAMS = 16, SCENE_CDS = 4 };
enum { SCENE_SID_LOG2 = 10, SCENE_SPLIT = 6 };   /* of the stream table; of a two-level one */

struct page {                          /* a leaf, or where one was */
    uint64_t in, out, attr;
    uint64_t spot;                     /* offset of the 4 KB of it that are accessed most      */
    int8_t   level;
    bool     live;
};

struct tree {
    struct vmsa_table t;
    struct vm *behind;                 /* its tables are IPAs of this VM; NULL: they are not   */
    bool upper;                        /* addresses are sign-extended                          */
    struct page page[SCENE_PAGES];
    unsigned pages;
};

struct vm {
    uint16_t vmid;
    enum ste_config kind;              /* STE_S1, STE_S2, STE_NESTED                           */
    struct tree s2, upper;
    int8_t win_level;                  /* of the leaves that map the window                    */
    uint64_t win_ipa, win_pa, win_next;
    bool s2r, s2ptw;
};

struct space {
    struct vm *vm;
    struct tree lower;
    uint16_t asid;
    bool epd[2], tbi[2], r, a, pan;
};

struct stream {
    uint32_t sid;
    struct vm *vm;                     /* NULL: bypass or abort                                */
    enum ste_config config;
    uint8_t  s1fmt, s1cdmax, s1dss;
    bool     valid;
    unsigned broken;                   /* a bit that makes it illegal: row + 1 of scene_breaks */
    uint64_t at, cds;                  /* of its STE; of its CD table (an IPA if nested)       */
    struct { uint32_t ssid; struct space *space; bool valid; unsigned broken; uint64_t at; } cd[SCENE_CDS];
    unsigned n_cd;
};

struct scene {
    struct records *out;               /* borrowed */
    struct mem *mem;
    uint64_t now, next_pa, strtab;     /* cycle of the next record; next free memory           */
    bool     two_level, started;       /* format of the stream table; SMMUEN is set            */
    struct vm vm[SCENE_VMS];
    struct space space[SCENE_SPACES];
    struct stream stream[SCENE_STREAMS];
    unsigned vms, spaces, streams;
    uint64_t word[8], word_at;         /* words written that are no record yet                 */
    unsigned words;
};

/* Fields whose value makes an STE or CD illegal on a design with the features that scenes are for (stage 1 and 2,
 * 48-bit addresses, 4 KB granule, little-endian, no stall, no hardware updates). */
struct scene_break { const struct field_table *table; const char *field; uint64_t value; bool s2; };
extern const struct scene_break scene_breaks[];
extern const unsigned scene_break_count;

/* `out` is borrowed; 0 or SIM_EENV. */
int  scene_init(struct scene *s, struct records *out, bool two_level);
void scene_destroy(struct scene *s);

/* Registers: stream table, queues' size and place are the driver's, then SMMUEN. */
void scene_start(struct scene *s);

/* A new VM, space, stream; s->vms ... are below their limits.  in_bits: of its input addresses. */
struct vm *scene_vm(struct scene *s, uint16_t vmid, enum ste_config kind, unsigned s2_bits, int s2_start,
                    int win_level, unsigned upper_bits);
struct space *scene_space(struct scene *s, struct vm *vm, uint16_t asid, unsigned in_bits);
/* cdmax: log2 of its CDs; s1fmt as in an STE.  vm NULL with STE_BYPASS or STE_ABORT. */
struct stream *scene_stream(struct scene *s, uint32_t sid, struct vm *vm, enum ste_config config, unsigned cdmax,
                            unsigned s1fmt);
/* Space for a SubstreamID; the CD is written.  n_cd is below its limit. */
void scene_cd(struct scene *s, struct stream *st, uint32_t ssid, struct space *space);

/* The words that the structures should have by what is known of them. */
void scene_ste_words(const struct stream *st, uint64_t w[STE_WORDS]);
void scene_cd_words(const struct stream *st, unsigned cd, uint64_t w[CD_WORDS]);
/* Writes it, V last; where V is set in memory, the word with V alone. */
void scene_write_ste(struct scene *s, const struct stream *st);
void scene_write_cd(struct scene *s, const struct stream *st, unsigned cd);

/* Trees.  Maps, forgetting pages that the new leaf covers; NULL if the list of pages is full or there is no memory.
 * *tables (may be NULL) becomes true if a table descriptor or a block was replaced. */
struct page *scene_map(struct scene *s, struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr,
                       bool *tables);
/* Enters a leaf into the list of pages alone, as scene_map does. */
struct page *scene_note(struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr);
/* The page's leaf as it stands in memory is written anew from its fields; live = false: cleared. */
void scene_put(struct scene *s, struct tree *t, const struct page *p);
/* Where the descriptor for `in` at `level` stands (in the tree's address space); 0: no table reaches there. */
uint64_t scene_slot(const struct scene *s, const struct tree *t, uint64_t in, int level);
uint64_t scene_read(const struct scene *s, const struct tree *t, uint64_t at);
void scene_write(struct scene *s, const struct tree *t, uint64_t at, uint64_t value);
/* A zeroed table of a tree. */
uint64_t scene_table(struct scene *s, const struct tree *t, unsigned bytes_log2);
static inline uint64_t page_bytes(const struct page *p)
{
    return 1ull << vmsa_shift(12, p->level);
}
/* An input address of a tree as a request has it. */
static inline uint64_t tree_address(const struct tree *t, uint64_t in)
{
    return t->upper ? in | ~bits_low(t->t.in_bits) : in;
}

/* Records.  A command of two words; SYNC; an access. */
void scene_command(struct scene *s, const struct smmuv3_cmd *c);
void scene_raw_command(struct scene *s, const uint64_t w[CMD_WORDS]);
void scene_sync(struct scene *s);
void scene_register(struct scene *s, uint32_t offset, uint64_t value, unsigned bytes);
void scene_access(struct scene *s, uint32_t sid, bool has_ssid, uint32_t ssid, uint64_t addr, unsigned len,
                  bool write, unsigned flags);
/* Words that were written and are no record yet become one. */
void scene_flush(struct scene *s);

/* A TLBI of addresses first..last, as a range or as one page where that says it; c has op, vmid, asid, leaf, ttl. */
void scene_range(struct smmuv3_cmd *c, uint64_t first, uint64_t last);

#endif
