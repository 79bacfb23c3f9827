"""How does a question become an answer? In the order it passes:

app         the application: what starts, what stops, what an error looks like
page        for people: the files of web/, which ask the routes as any client does
routes      parse the request -> retriever -> shape the response
batcher     questions that arrive together are answered together, off the event loop
beside      of a very large corpus, words are looked up while a question becomes a vector
retriever   question -> candidates -> hits; knows no HTTP
reader      which snapshot is in force, and the swap when another is published

similar ranks by examples instead; what it shows of them shortlist chooses, and rerun knows twice
told episodes. polled is what is asked again and again: the feed, which rss writes, and the map.

Around them, for whoever runs it:

connection  a client who may be slow, gone or hostile
admission   whether there is room for one more; refusal is what the others are told, at the door
rates       how often one may ask
middleware  what a request passes before it reaches a route: trace, key, size, deadline
operations  alive, ready, metrics, reload
metrics     what is counted, in the folder that counts keeps; stages has where the time goes
logs        one JSON object a line; trace and tracing say whose request it is, here and to others
"""
