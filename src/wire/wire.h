/*
 * wire: what the shim and the host say to each other.
 *
 * Two ways: the page, a file that the host writes and every process of the run
 * maps read-only, so that the common question ("where does this address go?")
 * costs no exchange; and frames on the control socket, a SEQPACKET Unix socket
 * in the run directory: one short-lived connection a frame (or a frame and its
 * reply), no fd kept.
 *
 * The surprising rule: nobody trusts a frame for who sent it. The host takes
 * pid and uid from SO_PEERCRED; the pid in the head is the sender's own
 * opinion (they differ inside a pid namespace).
 *
 * Both sides include this file and nothing else of each other: plain C
 * structs of one machine, native byte order unless a member says "network
 * order". The version is checked before anything else is read; a mismatch
 * makes the run fail with 125.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAGIC 0x6d616573u /* "seam" */
#define WIRE_VERSION 6
#define WIRE_FRAME_MAX (64 * 1024) /* a frame with its head; a SEQPACKET message below the default SO_SNDBUF */
#define WIRE_SOCK "sock"           /* control socket, in the run directory */
#define WIRE_NEWS "news"           /* the same, for what nobody waits for: it wakes the host now and then (page.news) */
#define WIRE_PAGE "page"           /* the page, in the run directory */
#define WIRE_RUN_ENV "SEAM_RUN"    /* path of the run directory */
#define WIRE_RUN_PATH_MAX 90       /* bytes: leaves room for "/sock" in sockaddr_un */

/* ---- frames ----------------------------------------------------------- */

enum wire_kind {
	WIRE_HELLO = 1, /* an image began (constructor).            no reply */
	WIRE_EXEC,      /* this process is about to exec or spawn.  no reply */
	WIRE_CONNECT,   /* a connect() was redirected or refused.   no reply */
	WIRE_NAME,      /* a name was asked for.                    reply WIRE_NAME_IS when `ask` is set */
	WIRE_ASK,       /* may this connect() go ahead, and where?  reply WIRE_VERDICT */
	WIRE_CALL,      /* a library call ended.                    no reply */
	WIRE_CALL_ASK,  /* a library call begins; a rule may answer. reply WIRE_CALL_IS */
	WIRE_BYE,       /* the root of a bare run ends normally (destructor). reply WIRE_OK when the trailer is written */
	WIRE_SEND,      /* a datagram with an explicit address was redirected or refused: struct wire_connect. no reply */
	WIRE_BIND,      /* bind() to a port, in an isolated run: the host gives up what it holds there. reply WIRE_OK */
	WIRE_UNCOVERED, /* a declared function was called before its slots were patched: the head alone, strings. no reply */
	WIRE_HANDLES,   /* a process keeps a table of handles (handles.h): the head alone, its memfd as SCM_RIGHTS. no reply */

	WIRE_OK = 64,
	WIRE_NAME_IS,
	WIRE_VERDICT,
	WIRE_CALL_IS,
};

/* Every frame begins so. `length` counts the bytes after the head. */
struct wire_head {
	uint32_t magic;
	uint16_t version;
	uint16_t kind;   /* enum wire_kind */
	uint32_t length; /* bytes that follow */
	int32_t pid, ppid, tid;
	uint64_t time_ns; /* CLOCK_MONOTONIC of the sender */
};

/* Strings follow the fixed part of a frame, each {uint16_t len, bytes}, no
 * NUL, in the order in which the frame's comment names them. */

/* strings: program (argv[0]'s last part), libc ("glibc 2.36"), arguments (each with its NUL, "": /proc
 * has them). */
struct wire_hello {
	struct wire_head head;
	uint64_t start_time; /* field 22 of /proc/self/stat, or 0: tells two images of one pid apart by `image` */
	uint32_t image;      /* 0, or what the exec announcement said */
	uint32_t flags;      /* WIRE_HELLO_* */
};
#define WIRE_ARGUMENTS_MAX (8 * 1024) /* longer ones are left out: the host looks into /proc */
#define WIRE_HELLO_ROOT_BARE 1u /* this image started the host itself */

/* Not sent for a program that the shim can see it will get into. strings: path as given. */
struct wire_exec {
	struct wire_head head;
	uint32_t flags; /* WIRE_EXEC_* */
	int32_t child;  /* pid after posix_spawn returned, else 0 */
};
#define WIRE_EXEC_SPAWN 1u  /* posix_spawn: a child, else this very process */
#define WIRE_EXEC_FAILED 2u /* taken back: the exec returned; `child` unused */
#define WIRE_EXEC_FORKED 4u /* between it and the last image that said hello is a process that never did: who its
			       parents are can be told now, and perhaps not when its hello is read */

/* An address as the program gave it, except that a v4-mapped one is written
 * as the IPv4 address it stands for. */
enum wire_family { WIRE_INET = 4, WIRE_INET6 = 6, WIRE_UNIX = 1, WIRE_OTHER = 2 /* `path` says it in words */ };
enum wire_transport { WIRE_TCP = 1, WIRE_UDP = 2, WIRE_STREAM = 3 /* Unix */ };

struct wire_addr {
	uint8_t family;    /* enum wire_family */
	uint8_t transport; /* enum wire_transport */
	uint16_t port;     /* host order */
	uint8_t ip[16];    /* network order; IPv4 in the first four */
	char path[108];    /* Unix: as in sun_path, an abstract name begins with NUL */
	uint16_t path_len;
};

enum wire_outcome { WIRE_REDIRECTED = 1, WIRE_REFUSED, WIRE_PASSED };

/* After connect() returned 0 or EINPROGRESS, or was refused by the shim
 * itself. Not sent when a WIRE_VERDICT refused or let pass: the host knows.
 * strings: none. */
struct wire_connect {
	struct wire_head head;
	struct wire_addr asked; /* where the program wanted to go */
	uint16_t local_port;    /* host order; 0 for Unix sockets: those are told by SO_PEERCRED */
	uint8_t outcome;        /* enum wire_outcome */
	uint8_t v6;             /* the local port is of an AF_INET6 socket that went to ::1 */
	uint32_t endpoint;      /* index into the page; UINT32_MAX for none */
	int32_t error;          /* errno that the program got, 0 for none */
	uint32_t delay_ms;      /* of a rule, and not yet over: the socket does not block */
};

/* strings: the name, the service (or ""). Reply, when asked, WIRE_NAME_IS. */
struct wire_name {
	struct wire_head head;
	uint32_t name;   /* index into the page when claimed, else UINT32_MAX */
	int32_t family;  /* AF_* of the request */
	int32_t result;  /* EAI_* that the program got, 0 for an address; meaningless when asking */
	uint32_t ask;    /* 1: wait for WIRE_NAME_IS */
};
struct wire_name_is {
	struct wire_head head;
	uint32_t name;  /* index into the page: claimed now; UINT32_MAX: nobody claims it, give `result` */
	int32_t result; /* EAI_* */
};

/* Asked before connect() when the endpoint says so (PAGE_ASK), and for every
 * loopback address and Unix path that is not in the page. */
struct wire_ask {
	struct wire_head head;
	struct wire_addr asked;
	uint32_t endpoint; /* index into the page; UINT32_MAX for none */
};
struct wire_verdict {
	struct wire_head head;
	uint8_t outcome;   /* enum wire_outcome: redirect, refuse with `error`, or pass to where it was going */
	uint8_t pad[3];
	int32_t error;     /* errno for WIRE_REFUSED */
	uint32_t endpoint; /* for WIRE_REDIRECTED */
	uint32_t delay_ms; /* wait so long first (blocking sockets only) */
};

/* ---- library calls ---------------------------------------------------- */

enum wire_value_kind {
	WIRE_VOID = 0,
	WIRE_INT,     /* i: any integer type, sign-extended */
	WIRE_DOUBLE,  /* d */
	WIRE_STRING,  /* NUL-terminated in the program; bytes follow, flag NULL apart */
	WIRE_POINTER, /* i: opaque; the host turns it into "ptr:1", "ptr:2", ... by first appearance */
	WIRE_BUFFER,  /* bytes follow */
	WIRE_NULL,    /* a NULL string, buffer or pointer */
};
#define WIRE_ARGS_MAX 12

struct wire_value {
	uint8_t kind;  /* enum wire_value_kind */
	uint8_t cut;   /* bytes were left out: over the frame's room */
	uint8_t late;  /* what an out-parameter held after the call: its bytes come after those of the other arguments */
	uint8_t pad;
	uint32_t len;  /* bytes of this value among those that follow the frame */
	union {
		int64_t i;
		double d;
	} v;
};

/*
 * strings: function, library that holds it, object that called (file name of
 * the caller's ELF object); then the bytes of the string and buffer values in
 * order: args, late args, then result.
 */
struct wire_call {
	struct wire_head head;
	uint32_t function;     /* index into the page's calls; UINT32_MAX: one of the built-in layers */
	uint32_t nargs;
	uint64_t duration_ns;  /* 0 when asking */
	uint64_t caller_offset;/* return address minus the object's base */
	struct wire_value args[WIRE_ARGS_MAX];
	struct wire_value result; /* WIRE_VOID when asking */
};

/* WIRE_UNCOVERED. strings: function, library that holds it, object that called. */

/* strings: none; the bytes of a string result follow, then those of `out`. */
struct wire_call_is {
	struct wire_head head;
	uint8_t answered; /* 0: call the real function and report it with WIRE_CALL; 1: return `result`, the event is written */
	uint8_t pad[3];
	int32_t set_errno; /* errno to leave behind, 0: unchanged */
	uint32_t delay_ms; /* wait so long first, also when not answered */
	struct wire_value result;
	struct wire_value out[WIRE_ARGS_MAX]; /* what out-parameters are to hold; WIRE_VOID: as they are */
};

struct wire_bind {
	struct wire_head head;
	struct wire_addr wanted;
};

struct wire_bye {
	struct wire_head head;
	int32_t wait; /* 1: the reply comes with the trailer */
};

/* ---- the page --------------------------------------------------------- */

#define PAGE_NAMES_MAX 4096     /* a /20 of virtual addresses, .0.0 is not given out */
#define PAGE_ENDPOINTS_MAX 8192
#define PAGE_GLOBS_MAX 512
#define PAGE_CALLS_MAX 256
#define WIRE_TRUST_VARIABLES /* that name a PEM bundle: the host sets them, the shim keeps them through exec */ \
	"SSL_CERT_FILE",             /* OpenSSL, Go, Ruby, PHP, rustls-native-certs */                          \
	"CURL_CA_BUNDLE",            /* the curl command */                                                     \
	"REQUESTS_CA_BUNDLE",        /* Python's requests, pip */                                               \
	"AWS_CA_BUNDLE",             /* the AWS command and SDKs */                                             \
	"NODE_EXTRA_CA_CERTS",       /* Node */                                                                 \
	"npm_config_cafile",         /* npm, also where an npmrc names a file that would be the only one */     \
	"GIT_SSL_CAINFO",                                                                                       \
	"PERL_LWP_SSL_CA_FILE",                                                                                 \
	"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", /* gRPC, whose BoringSSL is linked in */                            \
	"CARGO_HTTP_CAINFO",                                                                                    \
	"DENO_CERT"
#define PAGE_OWN_MAX 64         /* addresses of this machine: more are not looked at */
#define PAGE_NAME_BYTES 256     /* a DNS name is at most 253 */

enum page_mode { PAGE_FAKE = 1, PAGE_PASS = 2 };

/* A name that a service claims, with the virtual addresses that stand for it.
 * Rows are only ever appended: write the row, then store count (release). */
struct page_name {
	uint32_t ip4;     /* network order, in the run's /20 of 127.64.0.0/10 */
	uint8_t ip6[16];  /* fd5e::x */
	uint32_t flags;   /* PAGE_PASS_NAME, PAGE_ASK_NAME */
	char name[PAGE_NAME_BYTES]; /* lower case, NUL-terminated */
};
#define PAGE_PASS_NAME 1u /* of a pass service: ask the real resolver */
#define PAGE_ASK_NAME 2u  /* a rule may have something to say: ask the host */

/* Where an asked address goes. */
struct page_endpoint {
	struct wire_addr asked;  /* port 0: any port of that address */
	uint32_t name;           /* index of its name, UINT32_MAX for a literal address or path */
	uint32_t flags;          /* PAGE_* below */
	uint32_t to_ip4;         /* network order: host's IPv4 loopback listener */
	uint16_t to_port4;       /* host order */
	uint16_t to_port6;       /* listener on ::1; 0: this machine has no IPv6 loopback */
	char to_path[108];       /* Unix listener in the run directory, NUL-terminated; for a TCP row: a library layer may go there */
};
#define PAGE_ASK 1u      /* a rule on connect may decide: ask before connecting */
#define PAGE_PASS_END 2u /* pass service: connect to where the program wanted, and report it */

/* Names that match are not in the page yet: ask with WIRE_NAME. */
struct page_glob {
	char pattern[PAGE_NAME_BYTES]; /* lower case; * and ? */
};

/* A declared C function. Types are enum wire_value_kind, except that a C int
 * must be told from a 64-bit one: */
enum page_type {
	PAGE_T_VOID = 0, PAGE_T_INT, PAGE_T_UINT, PAGE_T_LONG, PAGE_T_ULONG, PAGE_T_INT64, PAGE_T_UINT64, PAGE_T_SIZE,
	PAGE_T_BOOL, PAGE_T_DOUBLE, PAGE_T_FLOAT, PAGE_T_STRING, PAGE_T_POINTER, PAGE_T_BUFFER,
	PAGE_T_VARIADIC, /* last: the rest is variadic, forwarded and not traced */
};
#define PAGE_T_OUT 0x80 /* added to an argument's type: a pointer to where the function leaves one; a buffer that it fills */
struct page_call {
	char library[64];   /* "libhiredis": matches libhiredis.so, libhiredis.so.0.14, libhiredis-abc.so */
	char function[64];
	uint8_t returns;    /* enum page_type */
	uint8_t nargs;
	uint8_t flags;      /* PAGE_CALL_ASK */
	uint8_t pad;
	uint8_t args[WIRE_ARGS_MAX];    /* enum page_type */
	uint8_t len_arg[WIRE_ARGS_MAX]; /* for PAGE_T_BUFFER: index of the argument with its length in bytes, 255: none. It may be an out size: what it holds after the call */
};
#define PAGE_CALL_ASK 1u /* rules on this function exist: ask before the call */

/* An address of this machine beyond loopback: a server of the run may be there. */
struct page_own {
	uint16_t family;    /* enum wire_family */
	uint8_t ip[16];
};

/* What a shim leaves when it can reach nobody: a sandbox, or a limit, denies it the socket. */
#define PAGE_MARKS_ALIGN 65536 /* at least a page of memory, on every kernel */
struct page_marks {
	uint32_t unsaid;  /* times that a program was refused, and nobody could be told what */
	int32_t error;    /* errno of the first */
	char program[64]; /* of the first, NUL-terminated; written by whoever counted to 1 */
};

struct page {
	uint32_t magic;
	uint16_t version, pad;
	uint32_t mode;       /* enum page_mode */
	int32_t host_pid;
	uint32_t ended;      /* 1 once the run is over: refuse everything */
	uint32_t block4;     /* network order: first address of the run's /20 */
	uint32_t layers;     /* PAGE_LAYER_*: library layers that are on */
	uint32_t idle_ms;    /* a library's connection that is idle for longer is marked; 0: none is */
	uint32_t guarded;    /* 1: isolated, every address is local: ask WIRE_BIND, and resolvers may talk to any port 53 */
	uint32_t news;       /* 1: hellos go to WIRE_NEWS */
	uint32_t twins;      /* 1: libseam.so has a build for the other C library beside it, in or above musl/ */
	uint32_t names, endpoints, globs, calls, own; /* counts, stored with release order */
	uint8_t ask[64];     /* by enum layer_function: a rule on `call` exists, ask before the call */
	char trust[160];     /* path of a PEM bundle with the run's CA, and the machine's where a service passes; "" for none */
	char authority[160]; /* path of a PEM file with the run's CA alone, "" for none */
	char java_trust[160];/* path of a Java trust store, "" for none */
	struct page_own owned[PAGE_OWN_MAX];
	struct page_glob glob[PAGE_GLOBS_MAX];
	struct page_call call[PAGE_CALLS_MAX];
	struct page_name name[PAGE_NAMES_MAX];
	struct page_endpoint endpoint[PAGE_ENDPOINTS_MAX];
	/* last, on memory pages of its own: the only thing here that a shim may write */
	struct page_marks marks __attribute__((aligned(PAGE_MARKS_ALIGN)));
};
/* The functions of the layers, by number. */
enum layer_function {
#define LAYER_FUNCTION(name, layer, told) LAYER_##name,
#include "wire/layers.def"
	LAYER_FUNCTIONS,
};
_Static_assert(LAYER_FUNCTIONS <= sizeof(((struct page *)0)->ask), "a byte for each function");

#define PAGE_LAYER_LIBPQ 1u
#define PAGE_LAYER_LIBCURL 2u
#define PAGE_LAYER_CALLS 4u

#endif
