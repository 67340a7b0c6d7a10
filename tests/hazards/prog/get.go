// get URL: prints the body. Go's own resolver and system calls, no libc.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(4)
	}
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
}
