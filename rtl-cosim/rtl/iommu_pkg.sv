// SPDX-License-Identifier: Apache-2.0
//
// iommu_pkg - the types that the blocks hand to each other.
//
// Names are those of the manual and of the model: a configuration is an STE with its CD (smmuv3_config), a leaf
// what a TLB holds (xl_leaf), a match what an invalidation removes from a store (store_match).  Bit positions
// come from smmuv3_fields_pkg, which is generated from the model's tables.

package iommu_pkg;

  localparam int PA_W   = 48;  // IDR5.OAS of the design
  localparam int SID_W  = 32;
  localparam int SSID_W = 20;
  localparam int ID_W   = 16;  // of requests
  localparam int CTX_W  = 64;  // key of a store: what it is looked up by beside the address
  localparam int TAG_W  = 64;  // what invalidations match beside it

  // enum cosim_outcome
  typedef enum logic [2:0] {
    OUT_NONE = 3'd0, OUT_OK = 3'd1, OUT_BYPASS = 3'd2, OUT_ABORT = 3'd3, OUT_FAULT = 3'd4,
    OUT_RAZWI = 3'd5
  } outcome_t;

  // enum event_class
  typedef enum logic [1:0] { CLASS_CD = 2'd0, CLASS_TT = 2'd1, CLASS_IN = 2'd2 } class_t;

  // Permissions of a stage, enum xl_perm: {PX, PW, PR, X, W, R}
  typedef logic [5:0] perm_t;

  // Why a transaction ends, and what its record needs.
  typedef struct packed {
    logic [7:0]      code;      // event number; 0: none
    logic            record;    // it goes into the event queue
    logic            s2;
    class_t          cls;
    logic [55:0]     ipa;       // of a stage 2 fault; a CD's may lie above PA_W
    logic [PA_W-1:0] fetch;     // of a read that failed
  } fault_t;

  // One half of a CD.
  typedef struct packed {
    logic [PA_W-1:0] ttb;
    logic [5:0]      tsz;
    logic            epd;
    logic            tbi;
    logic            had;
  } half_t;

  typedef struct packed {
    logic            aborts;    // STE.Config = 0xx: aborted, nothing recorded
    logic            s1;        // stages that translate
    logic            s2;
    logic            s1_ste;    // STE.Config[0]: the STE names CDs (S1DSS can take stage 1 out)
    logic [15:0]     asid;
    logic [15:0]     vmid;
    // stage 1
    half_t           lower;
    half_t           upper;
    logic [2:0]      ips;
    logic            affd;
    logic            wxn;
    logic            pan;
    logic            cd_a;      // CD.A: a terminated transaction is an abort (1) or RAZ/WI (0)
    logic            cd_r;      // CD.R: record
    // stage 2
    logic [PA_W-1:0] s2ttb;
    logic [5:0]      s2t0sz;
    logic [1:0]      s2sl0;
    logic [2:0]      s2ps;
    logic            s2affd;
    logic            s2r;       // record
    logic            s2ptw;
  } cfg_t;

  // Of a translation: the block around the address.
  typedef struct packed {
    logic [PA_W-1:12] pa;       // aligned to the block
    logic [5:0]       size_log2;  // 12, 21, 30
    perm_t            perm1;
    perm_t            perm2;
    logic [PA_W-1:12] ipa;      // nested: what stage 1 gave for the block
    logic             global_;
    logic             piece;    // smaller than the stage 1 block it is of
  } leaf_t;

  // Of a walk cache: the table that a descriptor led to (vmsa_seed).
  typedef struct packed {
    logic [PA_W-1:12] table_pa;
    logic [3:0]       hier;     // of the way there: {XN, PXN, APTable} bits, as vmsa_walk's
  } seed_t;

  // What an invalidation removes from a store: hw/store.h, struct store_match.
  typedef struct packed {
    logic             by_addr;
    logic [63:0]      first;    // inclusive
    logic [63:0]      last;
    logic [CTX_W-1:0] ctx_mask;
    logic [CTX_W-1:0] ctx_value;
    logic [1:0]       n_tag;
    logic [1:0][TAG_W-1:0] tag_mask;
    logic [1:0][TAG_W-1:0] tag_value;
  } match_t;

  // One command's part for each kind of structure; those without `valid` are left alone.
  typedef struct packed {
    logic   cfg_valid;
    logic   tlb_valid;
    logic   wc1_valid;
    logic   wc2_valid;
    match_t cfg;
    match_t tlb;
    match_t wc1;
    match_t wc2;
  } inval_t;

  // enum cosim_inval_kind
  typedef enum logic [3:0] {
    INV_NONE = 4'd0, INV_CONFIG = 4'd1, INV_ALL = 4'd2, INV_VMID_S1 = 4'd3, INV_VMID = 4'd4,
    INV_ASID = 4'd5, INV_VA = 4'd6, INV_VAA = 4'd7, INV_IPA = 4'd8, INV_SYNC = 4'd9
  } inv_kind_t;

  // A command, decoded: struct cosim_inval.
  typedef struct packed {
    inv_kind_t         kind;
    logic              leaf;
    logic [15:0]       asid;
    logic [15:0]       vmid;
    logic [SID_W-1:0]  sid_first;
    logic [SID_W-1:0]  sid_last;
    logic [63:0]       first;
    logic [63:0]       last;
  } cmd_t;

  typedef struct packed {
    logic [ID_W-1:0]   id;
    logic [SID_W-1:0]  sid;
    logic              ssv;
    logic [SSID_W-1:0] ssid;
    logic              write;
    logic              exec;
    logic              priv;
    logic [63:0]       addr;
  } req_t;

  typedef struct packed {
    logic       cfg_hit;
    logic       tlb_hit;
    logic       merged;
    logic [3:0] cfg_reads;
    logic [3:0] s1_reads;
    logic [5:0] s2_reads;
  } trail_t;

  typedef struct packed {
    logic [ID_W-1:0] id;
    outcome_t        outcome;
    logic [7:0]      code;
    logic [5:0]      size_log2;
    logic [63:0]     addr;
    trail_t          trail;
  } rsp_t;

  // To the walker.
  typedef struct packed {
    logic [7:0]  tag;           // the requester's
    logic        ipa_only;      // addr is an IPA: stage 2 alone, of a CD (class CD)
    logic        nofill;        // an invalidation has overtaken the requester: nothing is to be kept
    cfg_t        cfg;           // translates: s1 or s2 is set
    logic [63:0] addr;          // as the transaction has it, or canonical
    logic        write;         // the access that permissions are judged for
    logic        exec;
    logic        priv;
  } walk_req_t;

  typedef struct packed {
    logic [7:0] tag;
    logic       ok;
    logic       overtaken;      // ok, but an invalidation came meanwhile that has to remove it: for this once
    leaf_t      leaf;           // ok
    fault_t     fault;          // else
    logic [3:0] s1_reads;
    logic [5:0] s2_reads;
  } walk_rsp_t;

  // To the configuration fetcher.
  typedef struct packed {
    logic [7:0]        tag;
    logic [SID_W-1:0]  sid;
    logic              ssv;
    logic [SSID_W-1:0] ssid;
  } cfg_req_t;

  typedef struct packed {
    logic [7:0] tag;
    logic       ok;
    logic       overtaken;      // ok, but not to be kept
    cfg_t       cfg;            // ok
    fault_t     fault;          // else
    logic [3:0] reads;
    logic [5:0] s2_reads;
  } cfg_rsp_t;

  // What the blocks see of the registers.
  typedef struct packed {
    logic            smmuen;
    logic            cmdqen;
    logic            eventqen;
    logic            gbpa_abort;
    logic [PA_W-1:0] strtab;
    logic [5:0]      strtab_log2;
    logic [4:0]      split;
    logic            two_level;
    logic            recinvsid;
  } regs_t;

  // A fault on its way into the event queue: SMMUv3 7.3.
  typedef struct packed {
    fault_t fault;
    req_t   req;
  } event_t;

  // AXI4-like: 64-bit beats, `beats` - 1 as AXI's ARLEN.
  typedef struct packed {
    logic [7:0]      id;
    logic [PA_W-1:0] addr;
    logic [2:0]      len;
  } ar_t;

  typedef struct packed {
    logic [7:0]  id;
    logic [63:0] data;
    logic        last;
    logic        err;
  } r_t;

  typedef struct packed {
    logic [7:0]      id;
    logic [PA_W-1:0] addr;
    logic [63:0]     data;
    logic [7:0]      strb;
  } aw_t;

endpackage
