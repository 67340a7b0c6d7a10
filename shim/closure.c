/*
 * closure: calls to declared functions, argument by argument (design 8).
 *
 * Closures lie in pages of our own rather than in ffi_closure_alloc()'s, which
 * would keep a descriptor open. A variadic function cannot be described by its
 * types: its closure takes, behind the fixed arguments, every argument
 * register that is left and some words of the stack, and passes them on in the
 * same places, whatever they mean.
 */
#include <errno.h>
#include <ffi.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "call.h"
#include "doors.h"
#include "closure.h"
#include "shim.h"
#include "sys.h"

#if defined(__x86_64__)
#define INT_REGISTERS 6 /* System V AMD64 psABI 3.2.3 */
#else
#define INT_REGISTERS 8 /* AAPCS64 6.8.2 */
#endif
#define FLOAT_REGISTERS 8
#define STACK_WORDS 16 /* of a variadic call, passed on unread */
#define TYPES_MAX (WIRE_ARGS_MAX + INT_REGISTERS + FLOAT_REGISTERS + STACK_WORDS)

#define TYPE(type, kind) { sizeof(type), _Alignof(type), kind, NULL }

/* By enum page_type. Our own, so that nothing of libffi's data is needed. */
static ffi_type types[] = {
	[PAGE_T_VOID] = { 1, 1, FFI_TYPE_VOID, NULL },
	[PAGE_T_INT] = TYPE(int, FFI_TYPE_SINT32),
	[PAGE_T_UINT] = TYPE(unsigned, FFI_TYPE_UINT32),
	[PAGE_T_LONG] = TYPE(long, FFI_TYPE_SINT64),
	[PAGE_T_ULONG] = TYPE(unsigned long, FFI_TYPE_UINT64),
	[PAGE_T_INT64] = TYPE(int64_t, FFI_TYPE_SINT64),
	[PAGE_T_UINT64] = TYPE(uint64_t, FFI_TYPE_UINT64),
	[PAGE_T_SIZE] = TYPE(size_t, FFI_TYPE_UINT64),
	[PAGE_T_BOOL] = TYPE(bool, FFI_TYPE_UINT8),
	[PAGE_T_DOUBLE] = TYPE(double, FFI_TYPE_DOUBLE),
	[PAGE_T_FLOAT] = TYPE(float, FFI_TYPE_FLOAT),
	[PAGE_T_STRING] = TYPE(char *, FFI_TYPE_POINTER),
	[PAGE_T_POINTER] = TYPE(void *, FFI_TYPE_POINTER),
	[PAGE_T_BUFFER] = TYPE(void *, FFI_TYPE_POINTER),
};

/* The functions of libffi that are used, by the header's own types. */
static struct {
	__typeof__(ffi_prep_cif) *prep_cif;
	__typeof__(ffi_prep_closure_loc) *prep_closure_loc;
	__typeof__(ffi_call) *call;
} lib;

struct shape {
	ffi_cif cif;
	ffi_type *args[TYPES_MAX];
	unsigned count;
};

bool closure_load(void)
{
	static const char *const names[] = { "libffi.so.8", "libffi.so.7" };
	void *handle = NULL;

	if (lib.call)
		return true;
	real_need();
	for (size_t i = 0; !handle && i < 2; i++)
		handle = real_open(names[i]);
	if (handle) {
		lib.prep_cif = (__typeof__(lib.prep_cif))real.dlsym(handle, "ffi_prep_cif");
		lib.prep_closure_loc = (__typeof__(lib.prep_closure_loc))real.dlsym(handle, "ffi_prep_closure_loc");
		lib.call = (__typeof__(lib.call))real.dlsym(handle, "ffi_call");
	}
	if (!lib.prep_cif || !lib.prep_closure_loc || !lib.call) {
		shim_log("declared functions are not covered: libffi.so.8 is missing", NULL);
		lib.call = NULL;
		return false;
	}
	return true;
}

static bool is_float(uint8_t type)
{
	return type == PAGE_T_DOUBLE || type == PAGE_T_FLOAT;
}

static void add_words(struct shape *shape, uint8_t type, int count)
{
	while (count-- > 0)
		shape->args[shape->count++] = &types[type];
}

static bool shape_init(struct shape *shape, const struct page_call *row)
{
	int ints = 0, floats = 0;

	shape->count = 0;
	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX; i++) {
		if (row->args[i] == PAGE_T_VARIADIC) {
			add_words(shape, PAGE_T_LONG, INT_REGISTERS - ints);
			add_words(shape, PAGE_T_DOUBLE, FLOAT_REGISTERS - floats);
			add_words(shape, PAGE_T_LONG, STACK_WORDS);
			break;
		}
		if (row->args[i] == PAGE_T_VOID || row->args[i] > PAGE_T_BUFFER)
			return false;
		*(is_float(row->args[i]) ? &floats : &ints) += 1;
		shape->args[shape->count++] = &types[row->args[i]];
	}
	return row->returns <= PAGE_T_BUFFER && lib.prep_cif(&shape->cif, FFI_DEFAULT_ABI, shape->count,
							      &types[row->returns], shape->args) == FFI_OK;
}

/* An integer of any type; as an argument it has its own width, as a result
 * libffi's word. */
static int64_t integer(uint8_t type, const void *at)
{
	switch (type) {
	case PAGE_T_INT: return *(const int *)at;
	case PAGE_T_UINT: return *(const unsigned *)at;
	case PAGE_T_BOOL: return *(const uint8_t *)at;
	default: return *(const int64_t *)at;
	}
}

/* The length of a buffer, read before the call: PAGE_T_BUFFER without one is
 * a pointer. */
static void add_value(struct call *call, const struct page_call *row, int i, uint8_t type, void *const *args,
		      const void *at)
{
	uint8_t len_arg = i >= 0 && type == PAGE_T_BUFFER ? row->len_arg[i] : 255;

	switch (type) {
	case PAGE_T_VOID:
	case PAGE_T_VARIADIC:
		return;
	case PAGE_T_DOUBLE:
		call_double(call, *(const double *)at);
		return;
	case PAGE_T_FLOAT:
		call_double(call, *(const float *)at);
		return;
	case PAGE_T_STRING:
		call_string(call, *(char *const *)at);
		return;
	case PAGE_T_BUFFER:
		if (len_arg < row->nargs && !is_float(row->args[len_arg])) {
			int64_t len = integer(row->args[len_arg], args[len_arg]);

			call_buffer(call, *(void *const *)at, len > 0 ? (size_t)len : 0);
			return;
		}
		/* fall through */
	case PAGE_T_POINTER:
		call_pointer(call, *(void *const *)at);
		return;
	default:
		call_int(call, integer(type, at));
	}
}

/*
 * Strings that rules answer with: the program may keep them for good, so each
 * different one is kept once. A list that only grows; readers need no lock.
 */
struct kept_string {
	struct kept_string *next;
	size_t len;
	char text[];
};

static char *keep_string(const char *text, size_t len)
{
	static struct kept_string *_Atomic first;
	struct kept_string *at;

	for (at = atomic_load(&first); at; at = at->next)
		if (at->len == len && memcmp(at->text, text, len) == 0)
			return at->text;
	at = mmap(NULL, sizeof(*at) + len + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	memcpy(at->text, text, len);
	at->len = len;
	at->next = atomic_load(&first);
	while (!atomic_compare_exchange_weak(&first, &at->next, at))
		;
	return at->text;
}

static void answer(const struct page_call *row, const struct wire_call_is *reply, void *result)
{
	const struct wire_value *value = &reply->result;
	double number = value->kind == WIRE_DOUBLE ? value->v.d : (double)value->v.i;
	int64_t word = value->kind == WIRE_DOUBLE ? (int64_t)value->v.d : value->v.i;

	switch (row->returns) {
	case PAGE_T_VOID:
		return;
	case PAGE_T_DOUBLE:
		*(double *)result = number;
		return;
	case PAGE_T_FLOAT:
		*(float *)result = (float)number;
		return;
	case PAGE_T_STRING:
	case PAGE_T_POINTER:
	case PAGE_T_BUFFER:
		if (value->kind == WIRE_STRING || value->kind == WIRE_BUFFER)
			*(char **)result = keep_string((const char *)(reply + 1), value->len);
		else
			*(void **)result = value->kind == WIRE_NULL ? NULL : (void *)(intptr_t)word;
		return;
	default:
		*(ffi_arg *)result = (ffi_arg)word;
	}
}

/* True: a rule has answered, and `result` is written. */
static bool answered(const struct page_call *row, struct call *call, void *result)
{
	struct wire_call_is small, *reply = &small;
	size_t size = sizeof(small);
	bool yes;

	if (row->returns == PAGE_T_STRING || row->returns == PAGE_T_BUFFER || row->returns == PAGE_T_POINTER) {
		size = WIRE_FRAME_MAX;
		reply = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (reply == MAP_FAILED)
			return false;
	}
	yes = call_ask(call, reply, size);
	if (yes) {
		answer(row, reply, result);
		if (reply->set_errno)
			errno = reply->set_errno;
	}
	if (reply != &small)
		munmap(reply, size);
	return yes;
}

static void called(ffi_cif *cif, void *result, void **args, void *arg)
{
	const struct binding *binding = arg;
	const struct page_call *row = binding->row;
	struct call call;
	int kept = errno;

	call_init(&call, row->function, binding->library, binding->object);
	call.frame.function = binding->index;
	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX; i++)
		add_value(&call, row, i, row->args[i], args, row->args[i] == PAGE_T_VARIADIC ? NULL : args[i]);
	errno = kept;
	if (row->flags & PAGE_CALL_ASK && answered(row, &call, result))
		return;
	call_began(&call);
	lib.call(cif, FFI_FN(__atomic_load_n(&binding->real, __ATOMIC_ACQUIRE)), result, args);
	kept = errno;
	call_returned(&call);
	add_value(&call, row, -1, row->returns, NULL, result);
	call_report(&call);
	errno = kept;
}

bool closure_bind(struct binding *binding)
{
	size_t page = (size_t)getpagesize();
	struct shape *shape = mmap(NULL, sizeof(*shape), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *code = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (shape != MAP_FAILED && code != MAP_FAILED && shape_init(shape, binding->row) &&
	    lib.prep_closure_loc(code, &shape->cif, called, binding, code) == FFI_OK &&
	    mprotect(code, page, PROT_READ | PROT_EXEC) == 0) {
		__builtin___clear_cache(code, (char *)code + page);
		binding->code = code;
		return true;
	}
	if (shape != MAP_FAILED)
		munmap(shape, sizeof(*shape));
	if (code != MAP_FAILED)
		munmap(code, page);
	return false;
}
