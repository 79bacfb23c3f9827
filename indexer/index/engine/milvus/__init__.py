"""Keeps generations in Milvus. Only this package imports pymilvus.

A generation is two collections: of passages, which are searched, and of packed clauses, which are
only read by id. Its name says what it holds, because not every server keeps a description. The
alias of the index points to the passages of the generation in force.

`connection` asks the server and tells its errors, `schema` has the names and fields of collections,
`generation` writes and searches one, and `engine` begins, opens and publishes them.
"""
