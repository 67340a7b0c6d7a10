/* i386 IP PORT: GET /ok over raw 32-bit system calls, prints the answer's body. No C library, so that
 * a compiler without 32-bit libraries can build it. Exit 4: no connection, 5: it broke off. */
#define SYS_exit 1
#define SYS_read 3
#define SYS_write 4
#define SYS_socketcall 102

static long call(long number, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}

static void stop(int code)
{
	for (;;)
		call(SYS_exit, code, 0, 0);
}

static unsigned number(const char **at)
{
	unsigned n = 0;

	while (**at >= '0' && **at <= '9')
		n = n * 10 + (unsigned)(*(*at)++ - '0');
	if (**at)
		(*at)++;
	return n;
}

__attribute__((used)) static void run(long *stack)
{
	static const char ask[] = "GET /ok HTTP/1.0\r\nHost: web.example.com\r\n\r\n";
	static char answer[4096];
	char **argv = (char **)(stack + 1);
	const char *ip = argv[1], *port = argv[2];
	unsigned char to[16] = { 2, 0 };
	long fd, n, got = 0, body = 0;

	for (int i = 0; i < 4; i++)
		to[4 + i] = (unsigned char)number(&ip);
	unsigned p = number(&port);
	to[2] = (unsigned char)(p >> 8);
	to[3] = (unsigned char)p;
	fd = call(SYS_socketcall, 1, (long)(long[]){ 2, 1, 0 }, 0);
	if (fd < 0 || call(SYS_socketcall, 3, (long)(long[]){ fd, (long)to, sizeof(to) }, 0) < 0)
		stop(4);
	if (call(SYS_write, fd, (long)ask, sizeof(ask) - 1) < 0)
		stop(5);
	while (got < (long)sizeof(answer) && (n = call(SYS_read, fd, (long)answer + got, (long)sizeof(answer) - got)) > 0)
		got += n;
	for (long i = 0; i + 3 < got && !body; i++)
		if (answer[i] == '\r' && answer[i + 1] == '\n' && answer[i + 2] == '\r' && answer[i + 3] == '\n')
			body = i + 4;
	call(SYS_write, 1, (long)answer + body, got - body);
	stop(body ? 0 : 5);
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tpush %eax\n\tcall run\n");
