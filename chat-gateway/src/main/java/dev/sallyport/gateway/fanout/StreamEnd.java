package dev.sallyport.gateway.fanout;

/**
 * Why a follower receives no more of a room.
 *
 * @param decisionId empty when policy was not asked
 */
public record StreamEnd(String code, String message, String decisionId) {}
