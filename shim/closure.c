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
#define KEPT_MAX 2048  /* bytes of strings and buffers copied before a call; larger ones are sent from where they lie */
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
		if (row->args[i] & PAGE_T_OUT) {
			ints++;
			shape->args[shape->count++] = &types[PAGE_T_POINTER];
			continue;
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

/* What a string or buffer held before the call, which may change or free it. */
struct kept {
	char bytes[KEPT_MAX];
	size_t len;
};

static const void *keep(struct kept *kept, const void *bytes, size_t len)
{
	void *to = kept->bytes + kept->len;

	if (!bytes || len > sizeof(kept->bytes) - kept->len)
		return bytes;
	memcpy(to, bytes, len);
	kept->len += len;
	return to;
}

/* How many bytes a buffer has: another argument says so, perhaps behind a pointer. */
static bool length_of(const struct page_call *row, int i, void *const *args, size_t *len)
{
	uint8_t at = row->len_arg[i], type = at < row->nargs ? row->args[at] & ~PAGE_T_OUT : PAGE_T_VOID;
	const void *place = at < row->nargs ? args[at] : NULL;
	int64_t n;

	if (!place || is_float(type) || type == PAGE_T_VOID || type >= PAGE_T_STRING)
		return false;
	if (row->args[at] & PAGE_T_OUT)
		place = *(void *const *)place;
	if (!place)
		return false;
	n = integer(type, place);
	*len = n > 0 ? (size_t)n : 0;
	return true;
}

/* `kept` is NULL where the value stays as it is: results, and what is looked at after the call. */
static void add_value(struct call *call, uint8_t type, const void *at, const size_t *len, struct kept *kept)
{
	const char *text;

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
		text = *(char *const *)at;
		call_string(call, kept && text ? keep(kept, text, strlen(text) + 1) : text);
		return;
	case PAGE_T_BUFFER:
		if (len) {
			text = *(char *const *)at;
			call_buffer(call, kept ? keep(kept, text, *len) : text, *len);
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

static void add_args(struct call *call, const struct page_call *row, void *const *args, struct kept *kept)
{
	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX && row->args[i] != PAGE_T_VARIADIC; i++) {
		size_t len;
		bool known = row->args[i] == PAGE_T_BUFFER && length_of(row, i, args, &len);

		if (row->args[i] & PAGE_T_OUT)
			call_out(call);
		else
			add_value(call, row->args[i], args[i], known ? &len : NULL, kept);
	}
}

/* What the function left in its out-parameters. */
static void add_outs(struct call *call, const struct page_call *row, void *const *args)
{
	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX && row->args[i] != PAGE_T_VARIADIC; i++) {
		uint8_t type = row->args[i] & ~PAGE_T_OUT;
		size_t len;

		if (!(row->args[i] & PAGE_T_OUT))
			continue;
		call_late(call, i);
		if (!*(void *const *)args[i])
			call_pointer(call, NULL);
		else if (type != PAGE_T_BUFFER)
			add_value(call, type, *(void *const *)args[i], NULL, NULL);
		else if (length_of(row, i, args, &len))
			call_buffer(call, *(void *const *)args[i], len);
		else
			call_pointer(call, *(void *const *)args[i]);
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

/* A value of a rule as C has it, of a type that is not a buffer. An integer takes
 * its own width in a variable, and libffi's word as a result. */
static void store(uint8_t type, const struct wire_value *value, const char *bytes, void *at, bool result)
{
	double number = value->kind == WIRE_DOUBLE ? value->v.d : (double)value->v.i;
	int64_t word = value->kind == WIRE_DOUBLE ? (int64_t)value->v.d : value->v.i;

	switch (type) {
	case PAGE_T_VOID:
		return;
	case PAGE_T_DOUBLE:
		*(double *)at = number;
		return;
	case PAGE_T_FLOAT:
		*(float *)at = (float)number;
		return;
	case PAGE_T_STRING:
	case PAGE_T_POINTER:
	case PAGE_T_BUFFER:
		if (value->kind == WIRE_STRING || value->kind == WIRE_BUFFER)
			*(char **)at = keep_string(bytes, value->len);
		else
			*(void **)at = value->kind == WIRE_NULL ? NULL : (void *)(intptr_t)word;
		return;
	case PAGE_T_BOOL:
		if (!result) {
			*(bool *)at = word != 0;
			return;
		}
		break;
	case PAGE_T_INT:
	case PAGE_T_UINT:
		if (!result) {
			*(int *)at = (int)word;
			return;
		}
		break;
	}
	if (result)
		*(ffi_arg *)at = (ffi_arg)word;
	else
		*(int64_t *)at = word;
}

/* Into the program's own buffer, as far as it goes; a size that is an
 * out-parameter says afterwards how far. */
static void fill(const struct page_call *row, int i, void *const *args, const struct wire_value *value, const char *bytes,
		 const struct wire_call_is *reply)
{
	struct wire_value length = { .kind = WIRE_INT };
	uint8_t at = row->len_arg[i];
	size_t room;

	if (value->kind != WIRE_STRING || !length_of(row, i, args, &room))
		return;
	length.v.i = (int64_t)(value->len < room ? value->len : room);
	memcpy(*(void *const *)args[i], bytes, (size_t)length.v.i);
	if (row->args[at] & PAGE_T_OUT && reply->out[at].kind == WIRE_VOID)
		store(row->args[at] & ~PAGE_T_OUT, &length, NULL, *(void *const *)args[at], false);
}

static void answer(const struct page_call *row, const struct wire_call_is *reply, void *const *args, void *result)
{
	const char *bytes = (const char *)(reply + 1);

	store(row->returns, &reply->result, bytes, result, true);
	bytes += reply->result.kind == WIRE_STRING ? reply->result.len : 0;
	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX && row->args[i] != PAGE_T_VARIADIC; i++) {
		const struct wire_value *value = &reply->out[i];
		uint8_t type = row->args[i] & ~PAGE_T_OUT;

		if (value->kind == WIRE_VOID || !(row->args[i] & PAGE_T_OUT))
			continue;
		if (*(void *const *)args[i] && type == PAGE_T_BUFFER)
			fill(row, i, args, value, bytes, reply);
		else if (*(void *const *)args[i])
			store(type, value, bytes, *(void *const *)args[i], false);
		bytes += value->kind == WIRE_STRING ? value->len : 0;
	}
}

static bool has_text(const struct page_call *row)
{
	bool any = row->returns == PAGE_T_STRING || row->returns == PAGE_T_BUFFER || row->returns == PAGE_T_POINTER;

	for (int i = 0; i < row->nargs && i < WIRE_ARGS_MAX; i++)
		any = any || row->args[i] & PAGE_T_OUT;
	return any;
}

/* True: a rule has answered, and `result` and what args point to are written. */
static bool answered(const struct page_call *row, struct call *call, void *const *args, void *result)
{
	struct wire_call_is small, *reply = &small;
	size_t size = sizeof(small);
	bool yes;

	if (has_text(row)) {
		size = WIRE_FRAME_MAX;
		reply = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (reply == MAP_FAILED)
			return false;
	}
	yes = call_ask(call, reply, size);
	if (yes) {
		answer(row, reply, args, result);
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
	struct kept kept;
	int old = errno;

	kept.len = 0;
	call_init(&call, row->function, binding->library, binding->object);
	call.frame.function = binding->index;
	add_args(&call, row, args, &kept);
	errno = old;
	if (row->flags & PAGE_CALL_ASK && answered(row, &call, args, result))
		return;
	call_began(&call);
	lib.call(cif, FFI_FN(__atomic_load_n(&binding->real, __ATOMIC_ACQUIRE)), result, args);
	old = errno;
	call_returned(&call);
	add_outs(&call, row, args);
	add_value(&call, row->returns, result, NULL, NULL);
	call_report(&call);
	errno = old;
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
