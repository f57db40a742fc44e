/* SPDX-License-Identifier: Apache-2.0
 *
 * irte.h - interrupt remapping: requests in both formats, entries of the remapping table, posted-interrupt
 * descriptors, and one request from address and data to a message, as a question-and-answer machine.
 * [VT-d 5, 9.9 to 9.11]
 *
 *     vtd_ir_begin(&ir, regs, &(struct vtd_ir_req){ .addr = 0xfee00010, .data = 0, .sid = sid, .write = true });
 *     while (vtd_ir_asks(&ir))
 *         if (ir.ask == VTD_IR_IEC)
 *             vtd_ir_tell_none(&ir);             // nothing cached
 *         else
 *             vtd_ir_tell(&ir, words or NULL);   // VTD_IR_WORDS of ir.ask at ir.pa; NULL: the read failed
 *     // ir.code; 0: ir.msg
 *
 * IEC may be answered by an earlier ir.e of this index, with vtd_ir_tell_entry.  After the answer to IRTE ir.got says
 * whether ir.e is worth keeping: entries that are not present or not legal are not.  The source is verified each time,
 * of a kept entry too.
 *
 * PD asks for a posted-interrupt descriptor, which hardware changes in the same access: whoever tells the words writes
 * those of ir.post back at once.  Where ir.notifies, a notification is what is sent; else nobody is told.
 *
 * Order of checks: what is blocked as a request (29h, 25h, 20h), the index (21h), the entry's read (23h), P (22h),
 * reserved bits (24h), the source (26h), the descriptor (27h, 28h).
 *
 * Readings where sources are few: reads and AtomicOps of the range are 29h; the reserved value of SVT fails verification
 * (26h); data above the subhandle is reserved with SHV alone; handle and subhandle are added without wrapping, so that a
 * sum beyond the table is 21h.  Delivery modes, and the destination of a notification, are not checked.  Left out:
 * requests that are no doubleword, and what newer editions demand with 2Ah and 2Bh.
 */
#ifndef ARCH_VTD_IRTE_H
#define ARCH_VTD_IRTE_H
#include "arch/vtd/context.h"

#define IRTA_FIELDS(F)                                                        \
    F(IRTA, S,    0,  3,  0, "entries = 2^(S+1)")                             \
    F(IRTA, EIME, 0, 11, 11, "32-bit APIC ids; blocks the compatibility format") \
    F(IRTA, IRTA, 0, 63, 12, "interrupt remapping table")

/* A request's address, in either format; its data. */
#define IRQ_ADDR_FIELDS(F)                                                    \
    F(IRQ_ADDR, HANDLE_15, 0,  2,  2, "remappable: handle, bit 15")           \
    F(IRQ_ADDR, SHV,       0,  3,  3, "remappable: the data is a subhandle")  \
    F(IRQ_ADDR, FORMAT,    0,  4,  4, "1 remappable, 0 compatibility")        \
    F(IRQ_ADDR, HANDLE,    0, 19,  5, "remappable: handle, bits 14:0")

#define IRQ_DATA_FIELDS(F)                                                    \
    F(IRQ_DATA, SUBHANDLE, 0, 15, 0, "if SHV: added to the handle")

/* A message to an APIC. */
#define MSG_ADDR_FIELDS(F)                                                    \
    F(MSG_ADDR, DM,      0,  2,  2, "destination mode: 1 logical")            \
    F(MSG_ADDR, RH,      0,  3,  3, "redirection hint")                       \
    F(MSG_ADDR, DEST,    0, 19, 12, "APIC id, bits 7:0")                      \
    F(MSG_ADDR, HEAD,    0, 31, 20, "fee")                                    \
    F(MSG_ADDR, DEST_HI, 0, 63, 40, "APIC id, bits 31:8")

#define MSG_DATA_FIELDS(F)                                                    \
    F(MSG_DATA, V,   0,  7,  0, "vector")                                     \
    F(MSG_DATA, DLM, 0, 10,  8, "delivery mode")                              \
    F(MSG_DATA, L,   0, 14, 14, "level: 1 assert")                            \
    F(MSG_DATA, TM,  0, 15, 15, "trigger mode: 1 level")

/* Table entries, as remapped and as posted interrupts have them: which it is says IM. */
#define IRTE_ROWS(F, S)                                                       \
    F(S, P,     0,  0,  0, "present")                                         \
    F(S, FPD,   0,  1,  1, "faults are not recorded; also if P = 0")          \
    F(S, AVAIL, 0, 11,  8, "software's")                                      \
    F(S, IM,    0, 15, 15, "1 posted")                                        \
    F(S, V,     0, 23, 16, "vector")                                          \
    F(S, SID,   1, 15,  0, "source-id")                                       \
    F(S, SQ,    1, 17, 16, "function bits of it that are ignored: as many")   \
    F(S, SVT,   1, 19, 18, "verified: 0 not, 1 by SID and SQ, 2 by bus")

#define IRTE_FIELDS(F)                                                        \
    IRTE_ROWS(F, IRTE)                                                        \
    F(IRTE, DM,  0,  2,  2, "destination mode: 1 logical")                    \
    F(IRTE, RH,  0,  3,  3, "redirection hint")                               \
    F(IRTE, TM,  0,  4,  4, "trigger mode: 1 level")                          \
    F(IRTE, DLM, 0,  7,  5, "delivery mode")                                  \
    F(IRTE, DST, 0, 63, 32, "APIC id; without EIME in bits 47:40")

#define PIRTE_FIELDS(F)                                                       \
    IRTE_ROWS(F, PIRTE)                                                       \
    F(PIRTE, URG,    0, 14, 14, "urgent: notifies although SN = 1")           \
    F(PIRTE, PDA_LO, 0, 63, 38, "posted descriptor, bits 31:6")               \
    F(PIRTE, PDA_HI, 1, 63, 32, "posted descriptor, bits 63:32")

#define PD_FIELDS(F)                                                          \
    F(PD, PIR0, 0, 63,  0, "requests of vectors 0 to 63")                     \
    F(PD, PIR1, 1, 63,  0, "64 to 127")                                       \
    F(PD, PIR2, 2, 63,  0, "128 to 191")                                      \
    F(PD, PIR3, 3, 63,  0, "192 to 255")                                      \
    F(PD, ON,   4,  0,  0, "a notification is outstanding")                   \
    F(PD, SN,   4,  1,  1, "notifications are suppressed")                    \
    F(PD, NV,   4, 23, 16, "vector of the notification")                      \
    F(PD, NDST, 4, 63, 32, "its APIC id; without EIME in bits 15:8 of it")

FIELD_DEFINE(IRTA_FIELDS);
FIELD_DEFINE(IRQ_ADDR_FIELDS);
FIELD_DEFINE(IRQ_DATA_FIELDS);
FIELD_DEFINE(MSG_ADDR_FIELDS);
FIELD_DEFINE(MSG_DATA_FIELDS);
FIELD_DEFINE(IRTE_FIELDS);
FIELD_DEFINE(PIRTE_FIELDS);
FIELD_DEFINE(PD_FIELDS);
extern const struct field_table vtd_irta_fields, vtd_irte_fields, vtd_pirte_fields, vtd_pd_fields;

enum { VTD_IRTE_WORDS = 2, VTD_IRTE_BYTES = 16, VTD_PD_WORDS = 8 };
enum vtd_svt { VTD_SVT_NONE, VTD_SVT_SID, VTD_SVT_BUS, VTD_SVT_RESERVED };

struct vtd_irte {              /* an entry, decoded: the form in which a cache keeps it    */
    bool     fpd, posted;
    uint8_t  vector;
    uint8_t  svt, sq;          /* enum vtd_svt                                             */
    uint16_t sid;              /* VTD_SVT_BUS: first bus in the upper byte, last in the lower */
    /* remapped */
    bool     dm, rh, tm;
    uint8_t  dlm;
    uint32_t dest;
    /* posted */
    bool     urgent;
    uint64_t pd;               /* address of the descriptor                                */
};

/* Returns 0 or a reason; e->fpd is valid whatever is returned. */
unsigned vtd_decode_irte(const struct vtd_regs *r, const uint64_t words[VTD_IRTE_WORDS], struct vtd_irte *e);
void vtd_encode_irte(const struct vtd_regs *r, const struct vtd_irte *e, uint64_t words[VTD_IRTE_WORDS]);
bool vtd_irte_source_ok(const struct vtd_irte *e, uint16_t sid);
/* EIME, if the unit has it. */
bool vtd_ir_extended(const struct vtd_regs *r);
uint32_t vtd_ir_entries(const struct vtd_regs *r);
uint64_t vtd_ir_entry_pa(const struct vtd_regs *r, uint32_t index);

struct vtd_msg { uint64_t addr; uint32_t data; };

/* A request in remappable format, as host software programs a device with it. */
struct vtd_msg vtd_ir_request(uint16_t handle, bool shv, uint16_t subhandle);

struct vtd_ir_req {
    uint64_t addr;
    uint32_t data;
    uint16_t sid;
    bool     write;            /* a plain write: no read, no AtomicOp                      */
};

enum vtd_ir_ask { VTD_IR_END, VTD_IR_IEC, VTD_IR_IRTE, VTD_IR_PD };

struct vtd_ir {
    const struct vtd_regs *regs;
    struct vtd_ir_req req;
    uint64_t pa;               /* of the words asked for                                   */
    uint32_t index;            /* in the table, once known                                 */
    uint8_t  ask;              /* enum vtd_ir_ask                                          */
    uint8_t  code;             /* reason, at the end                                       */
    bool     recorded;         /* ... and FPD does not keep it out of the records          */
    bool     got;              /* e has just been fetched                                  */
    bool     remapped;         /* the message comes from an entry                          */
    bool     notifies;         /* posted: ON was clear, and is set by this one             */
    struct vtd_irte e;
    struct vtd_msg msg;        /* what is sent; posted: the notification                   */
    struct { uint64_t pa, value; } post[2];
    uint8_t  posts;            /* words of post to be written now                          */
};

/* Only of units with regs->ires. */
void vtd_ir_begin(struct vtd_ir *ir, const struct vtd_regs *regs, const struct vtd_ir_req *req);
static inline bool vtd_ir_asks(const struct vtd_ir *ir) { return ir->ask != VTD_IR_END; }
/* Words of what is asked for; 0 of IEC. */
unsigned vtd_ir_words(const struct vtd_ir *ir);
void vtd_ir_tell(struct vtd_ir *ir, const uint64_t *words);
void vtd_ir_tell_none(struct vtd_ir *ir);
void vtd_ir_tell_entry(struct vtd_ir *ir, const struct vtd_irte *e);

/* Does a fault record of this reason name the index? */
bool vtd_ir_names_index(uint8_t code);

#endif
