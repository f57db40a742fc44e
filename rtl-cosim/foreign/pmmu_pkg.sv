// SPDX-License-Identifier: Apache-2.0
//
// pmmu - a small I/O MMU in the style of a third party's block: nothing here is shared with the design of rtl/.
//
//   tables     three levels of 512 entries, 39-bit addresses; an entry is V, R, W, X, U, G, A, D in bits 7:0 and
//              the page number in 53:10; R = W = X = 0 points to the next level
//   devices    a table of 256 entries of 16 bytes: word 0 V, BYPASS (bit 1), DOMAIN (31:16); word 1 the root table
//   TLB        fully associative, replaced in turn, by domain
//   walks      one at a time: a request waits for the one before
//   commands   on a port of their own: op, domain, address; the next is taken when the last has been done
package pmmu_pkg;

  localparam int IdWidth = 16;
  localparam int DevWidth = 8;
  localparam int DomWidth = 16;
  localparam int VaWidth = 39;
  localparam int PaWidth = 56;

  typedef enum logic [2:0] { CmdNop, CmdInvAll, CmdInvDomain, CmdInvPage, CmdInvDevice } cmd_op_e;

  typedef struct packed {
    cmd_op_e             op;
    logic [DomWidth-1:0] dom;
    logic [DevWidth-1:0] dev;
    logic [VaWidth-1:0]  va;
  } cmd_t;

  typedef struct packed {
    logic [IdWidth-1:0]  id;
    logic [DevWidth-1:0] dev;
    logic                we;
    logic [63:0]         addr;
  } dma_req_t;

  typedef struct packed {
    logic [IdWidth-1:0] id;
    logic               we;
    logic               err;
    logic [PaWidth-1:0] addr;
  } dma_out_t;

  typedef struct packed {
    logic [3:0]         id;
    logic [PaWidth-1:0] addr;
    logic [7:0]         len;
    logic [2:0]         size;
    logic [1:0]         burst;
  } ar_chan_t;

  typedef struct packed {
    logic [3:0]  id;
    logic [63:0] data;
    logic [1:0]  resp;
    logic        last;
  } r_chan_t;

  typedef struct packed {
    ar_chan_t ar;
    logic     ar_valid;
    logic     r_ready;
  } axi_req_t;

  typedef struct packed {
    logic    ar_ready;
    logic    r_valid;
    r_chan_t r;
  } axi_rsp_t;

  // A translation as the TLB holds it; lvl 0: 4 KB, 1: 2 MB, 2: 1 GB.
  typedef struct packed {
    logic [1:0]  lvl;
    logic        r;
    logic        w;
    logic [43:0] ppn;
  } xlat_t;

  typedef struct packed {
    logic [43:0] ppn;
    logic        d;
    logic        a;
    logic        w;
    logic        r;
    logic        x;
    logic        v;
  } pte_t;

  // The bits that the unit looks at.
  function automatic pte_t unpack_pte(logic [53:0] word);
    return '{ppn: word[53:10], d: word[7], a: word[6], w: word[2], r: word[1], x: word[3], v: word[0]};
  endfunction

  function automatic logic [PaWidth-1:0] apply(xlat_t t, logic [29:0] offset);
    unique case (t.lvl)
      2'd2:    return {t.ppn[43:18], offset};
      2'd1:    return {t.ppn[43:9], offset[20:0]};
      default: return {t.ppn, offset[11:0]};
    endcase
  endfunction

endpackage
