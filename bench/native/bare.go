package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// bare sends each line of a file (path, tab, JSON) as an apply PATCH, and nothing else.
func bare(args []string) error {
	flags := flag.NewFlagSet("bare", flag.ExitOnError)
	server := flags.String("server", "", "the API server's URL")
	authority := flags.String("ca", "", "its certificate")
	token := flags.String("token", "", "bearer token")
	file := flags.String("file", "", "the requests")
	connections := flags.Int("connections", 32, "side by side")
	flags.Parse(args)
	text, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(*authority)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool, NextProtos: []string{"http/1.1"}},
		MaxIdleConnsPerHost: *connections,
	}}
	lines := make(chan []byte)
	failed := make(chan error, *connections)
	var workers sync.WaitGroup
	for range *connections {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				if err := patch(client, *server, *token, line); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		}()
	}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		lines <- append([]byte(nil), scanner.Bytes()...)
	}
	close(lines)
	workers.Wait()
	close(failed)
	return <-failed
}

func patch(client *http.Client, server, token string, line []byte) error {
	path, body, _ := bytes.Cut(line, []byte("\t"))
	address := server + string(path) + "?fieldManager=bare&force=true"
	request, err := http.NewRequest("PATCH", address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/apply-patch+yaml")
	request.Header.Set("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode > 299 {
		return fmt.Errorf("%s: %s %s", path, answer.Status, told)
	}
	return err
}
