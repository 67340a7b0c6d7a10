/* sandboxed IP PORT: asks once, then forbids itself socket(), and connects a socket that it made before. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "client.h"

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	struct sockaddr_in to;
	int fd = socket(AF_INET, SOCK_STREAM, 0), first;

	NEED(argc > 2 && fd >= 0);
	to = address_of(argv[1], atoi(argv[2]));
	first = reach(argv[1], atoi(argv[2]));
	if (first >= 0 && asks(first))
		puts("before: hi");
	fflush(stdout);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 77;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && asks(fd))
		puts("reached");
	else
		puts("refused");
	return 0;
}
